from __future__ import annotations

import copy

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, parameters, run
from workers.optimizers.nd_adam import NDAdam

# Worked out at 50 digits: w0 = (3, 4) / 5, lr = 0.1, betas = (0.9, 0.99), eps = 0.01.
GRADIENTS = ((1.0, 0.0), (-2.0, 1.0), (0.5, 0.25))
KNOWN = (
    (0.5184650786078548, 0.85509880263286005),
    (0.55808499282332168, 0.82978379158994965),
    (0.58165412771030146, 0.81343621490413636),
)


def test_three_turns_have_the_known_answers():
    w = torch.tensor([[3.0, 4.0]], dtype=torch.float64, requires_grad=True)
    optimizer = NDAdam([w], lr=0.1, betas=(0.9, 0.99), eps=0.01)
    for gradient, known in zip(GRADIENTS, KNOWN, strict=True):
        # the gradient of a vector that is not of length 1 yet is given for the one that is
        w.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        assert w.detach()[0].tolist() == pytest.approx(known, abs=2e-15)


def test_every_vector_has_length_one():
    params = parameters(((5, 3), (4, 3, 2, 2)))
    run(NDAdam(params, lr=0.05), params, 20)
    for w in params:
        torch.testing.assert_close(w.detach().flatten(1).norm(dim=1), torch.ones(len(w), dtype=torch.float64))


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_neither_the_length_of_a_vector_nor_the_scale_of_its_gradient_matters(scale):
    ours, theirs = parameters(((5, 3),)), parameters(((5, 3),))
    with torch.no_grad():
        theirs[0].mul_(scale)
    one, other = (NDAdam(it, eps=0.0) for it in (ours, theirs))
    for step in range(20):
        run(one, ours, 1, first=step)
        theirs[0].grad = ours[0].grad * scale
        other.step()
    assert_near(ours, theirs, atol=1e-13)


def test_what_lies_along_the_vector_does_not_turn_it():
    w = torch.tensor([[0.6, 0.8]], dtype=torch.float64, requires_grad=True)
    optimizer = NDAdam([w])
    w.grad = w.detach() * 5.0
    optimizer.step()
    assert w.detach()[0].tolist() == pytest.approx([0.6, 0.8], abs=1e-15)


@pytest.mark.parametrize("decay", ["l2", "decoupled-lr"])
def test_other_parameters_take_steps_of_adam(decay):
    ours, theirs = parameters(((5,), ())), parameters(((5,), ()))
    run(NDAdam(ours, weight_decay=0.1, decay=decay), ours, 60)
    kind = torch.optim.Adam if decay == "l2" else torch.optim.AdamW
    run(kind(theirs, weight_decay=0.1), theirs, 60)
    assert_near(ours, theirs, atol=1e-14)


def test_vectors_do_not_decay():
    ours, theirs = parameters(((5, 3),)), parameters(((5, 3),))
    run(NDAdam(ours, weight_decay=0.5), ours, 10)
    run(NDAdam(theirs), theirs, 10)
    assert_same(ours, theirs)


def test_a_vector_has_one_second_moment():
    params = parameters(((5, 3), (4, 3, 2, 2), (7,)))
    optimizer = NDAdam(params)
    run(optimizer, params, 1)
    assert [tuple(optimizer.state[w]["exp_avg_sq"].shape) for w in params] == [(5, 1), (4, 1, 1, 1), (7,)]


def test_a_vector_of_zeros_stays_finite():
    w = torch.zeros(2, 3, requires_grad=True)
    optimizer = NDAdam([w])
    w.grad = torch.zeros(2, 3)
    optimizer.step()
    assert torch.equal(w, torch.zeros(2, 3))
    w.grad = torch.ones(2, 3)
    optimizer.step()
    assert w.isfinite().all()


def test_a_run_continued_from_its_state_is_the_same():
    whole = parameters()
    optimizer = NDAdam(whole)
    run(optimizer, whole, 10)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = NDAdam(part)
    continued.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    run(optimizer, whole, 10, first=10)
    run(continued, part, 10, first=10)
    assert_same(whole, part)
