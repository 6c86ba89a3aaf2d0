"""What a step may write to by address, and what it must not: tensors that are not where, or what, they seem."""

from __future__ import annotations

import pytest
import torch
from torch.nn import Parameter

from workers.optimizers import Padam

HEAVY_BALL = {"p": 0.0, "lr": 0.1, "betas": (0.0, 0.9)}
"""Each step subtracts a tenth of the gradient."""


def stepped(w, gradient, **options):
    optimizer = Padam([w], **HEAVY_BALL, **options)
    w.grad = gradient
    optimizer.step()
    return w.detach().double().tolist()


@pytest.mark.parametrize("of", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("given", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_gradient_of_another_type_is_read_as_what_it_is(of, given):
    w = Parameter(torch.ones(5, dtype=of))
    w.grad_dtype = None
    assert stepped(w, torch.full((5,), 2.5, dtype=given)) == pytest.approx([0.75] * 5)


def test_a_parameter_whose_data_changed_its_type_is_stepped_as_that():
    w = Parameter(torch.ones(5))
    w.grad = torch.ones(5)
    optimizer = Padam([w], **HEAVY_BALL)
    optimizer.step()
    w.data = w.data.double()  # its gradient stays as it was
    optimizer.step()
    assert w.detach().tolist() == pytest.approx([0.8] * 5)


@pytest.mark.parametrize("size", [3, 70_000])
def test_a_parameter_whose_data_changed_its_shape_is_refused(size):
    w = Parameter(torch.ones(50))
    w.grad = torch.ones(50)
    optimizer = Padam([w])
    optimizer.step()
    w.data = torch.ones(size)
    with pytest.raises(ValueError, match="parameter's shape"):
        optimizer.step()
    assert torch.equal(w, torch.ones(size))


@pytest.mark.parametrize("size", [3, 70_000])
def test_a_gradient_of_another_shape_than_its_parameter_is_refused(size):
    w = Parameter(torch.ones(50))
    w.grad = torch.ones(50)
    w.data = torch.ones(size)
    other = Parameter(torch.ones(2))
    other.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="shape of its parameter"):
        Padam([other, w]).step()
    assert torch.equal(other, torch.ones(2))


def test_what_torch_negates_when_it_reads_it_is_negated():
    assert stepped(Parameter(torch.ones(4)), torch._neg_view(torch.ones(4))) == pytest.approx([1.1] * 4)


def test_zeros_without_memory_are_zeros():
    assert stepped(Parameter(torch.ones(4)), torch._efficientzerotensor((4,))) == [1.0] * 4


class Own(torch.Tensor):
    """A subclass, which may keep its elements anywhere."""


def test_subclasses_are_left_to_torch():
    w = Parameter(torch.ones(4).as_subclass(Own))
    assert stepped(w, torch.ones(4)) == pytest.approx([0.9] * 4)
    with pytest.raises(RuntimeError, match="fused=True must have"):
        stepped(Parameter(torch.ones(4).as_subclass(Own)), torch.ones(4), fused=True)


@pytest.mark.parametrize("size", [4, 200_000])
def test_parameters_that_share_memory_are_stepped_in_turn(size):
    shared = torch.ones(size + 1)
    both = [Parameter(shared[:-1]), Parameter(shared[1:])]
    optimizer = Padam(both, **HEAVY_BALL)
    for _ in range(3):
        for w in both:
            w.grad = torch.ones(size)
        optimizer.step()
    assert shared.tolist() == pytest.approx([0.7, *[0.4] * (size - 1), 0.7])


def test_parameters_that_came_to_share_memory_are_stepped_in_turn():
    tied, other = Parameter(torch.ones(3)), Parameter(torch.ones(3))
    optimizer = Padam([tied, other], **HEAVY_BALL)
    tied.grad, other.grad = torch.ones(3), torch.ones(3)
    optimizer.step()
    other.data = tied.data
    optimizer.step()
    assert tied.tolist() == pytest.approx([0.7] * 3)


def test_views_of_one_tensor_that_lie_apart_are_stepped_at_once():
    flat = torch.ones(10)
    both = [Parameter(flat[:4]), Parameter(flat[4:])]
    optimizer = Padam(both, **HEAVY_BALL)
    for w in both:
        w.grad = torch.ones_like(w)
    [[bucket]] = optimizer.buckets()
    assert len(bucket.stretches([w.grad for w in both])) == 1
    optimizer.step()
    assert flat.tolist() == pytest.approx([0.9] * 10)
