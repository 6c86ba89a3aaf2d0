from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.workers.optimizers.common import assert_same, give_gradients, parameters, run
from workers.optimizers import Padam, elementwise
from workers.optimizers.fused import accelerator, compiler, kernel_of
from workers.optimizers.fused import kernel as kernels
from workers.optimizers.fused.accelerator import compiled
from workers.optimizers.fused.compiler import library
from workers.optimizers.naive import NaivePadam
from workers.optimizers.padam import RULES

pytestmark = pytest.mark.skipif(compiler.described() is None, reason="there is no C++ compiler")

LARGE = ((300, 200), (70_000,), (), (3, 3, 3, 3), (1,))


def moved(shapes=LARGE, dtype=torch.float32, steps=5, **options):
    params = parameters(shapes, dtype)
    run(Padam(params, **options), params, steps)
    return params


@pytest.mark.usefixtures("exact_roots")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("p", [0.0, 1 / 16, 1 / 8, 1 / 4, 1 / 2])
@pytest.mark.parametrize("variant", RULES)
def test_machine_code_and_torch_agree_to_the_last_bit(variant, p, dtype):
    options = {"variant": variant, "p": p, "dtype": dtype, "weight_decay": 0.1, "lr": 0.03}
    assert_same(moved(fused=True, **options), moved(fused=False, **options))


@pytest.mark.usefixtures("exact_roots")
@pytest.mark.parametrize("decay", ["l2", "decoupled-lr", "decoupled-schedule"])
@pytest.mark.parametrize(
    "more", [{"amsgrad": False}, {"maximize": True}, {"eps": 0.0}, {"betas": (0.0, 0.0)}], ids=str
)
def test_so_they_do_with_every_option(decay, more):
    options = {"weight_decay": 0.1, "decay": decay, **more}
    assert_same(moved(fused=True, **options), moved(fused=False, **options))


@pytest.mark.parametrize("p", [0.05, 0.2, 0.3, 0.45])
def test_any_other_exponent_agrees_to_single_precision(p):
    ours, theirs = moved(fused=True, p=p), moved(fused=False, p=p)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("p", [0.0, 1 / 16, 1 / 8, 0.2, 0.3, 0.45, 1 / 2])
@pytest.mark.parametrize("variant", RULES)
def test_a_step_in_single_precision_is_that_of_the_oracle_to_one_in_a_million(variant, p, fused):
    """The oracle goes on in double precision from the very state that single precision has reached."""
    (w,) = parameters(((5_000,),), torch.float32)
    optimizer = Padam([w], lr=0.01, p=p, variant=variant, fused=fused)
    for step in range(1, 31):
        give_gradients([w], step)
        w.grad.abs_()  # averages do not cancel, whose digits no arithmetic keeps
        w.grad *= torch.logspace(-5, 1, 5_000)  # from what is hardly squared to what is large
        before = [it.double() for it in (w.detach(), *(optimizer.state[w].get(n, torch.zeros(5_000)) for n in STATE))]
        exact = NaivePadam([before[0].clone()], 0.01, p, variant)
        exact.m, exact.v, exact.maximum, exact.step_count = [before[1]], [before[2]], [before[3]], step - 1
        exact.params[0].grad = w.grad.double()
        with torch.no_grad():
            w.zero_()  # so that what is moved is seen to all its digits
            exact.params[0].zero_()
        optimizer.step()
        exact.step()
        torch.testing.assert_close(w.detach().double(), exact.params[0], rtol=1e-6, atol=0.0)


STATE = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")


@pytest.mark.parametrize("exponent", [1 / 16, 0.1, 1 / 3, 0.45, 0.6, 0.9, 0.999, 1.0])
def test_powers_are_right_to_two_units_in_the_last_place(exponent):
    x = torch.logspace(-44, 38, 200_001, dtype=torch.float64).float()
    step = kernel_of(raised, (), ("exponent",), torch.float32)
    w = torch.zeros_like(x)
    step([w], [x], np.array([x.numel()]), [], [1.0, 0.0, 1.0, exponent])
    exact = x.double() ** float(np.float32(exponent))
    known = exact > torch.finfo(torch.float32).tiny
    assert float((((-w).double() - exact).abs() / exact)[known].max()) < 2.4e-7


def test_powers_of_what_is_no_number_are_none():
    x = torch.tensor([0.0, torch.inf, torch.nan, 1.0, 4.0])
    w = torch.zeros_like(x)
    kernel_of(raised, (), ("exponent",), torch.float32)([w], [x], np.array([5]), [], [1.0, 0.0, 1.0, 0.5])
    assert torch.equal((-w).nan_to_num(nan=7.0), torch.tensor([0.0, torch.inf, 7.0, 1.0, 2.0]).nan_to_num())


def raised(_w, g, _state, n):
    from workers.optimizers.fused import power

    return power(g, n["exponent"]), {}


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_the_number_of_threads_changes_no_bit(threads):
    threads(1)
    one = moved(fused=True)
    threads(3)
    assert_same(one, moved(fused=True))


def test_autograd_notices_that_a_parameter_was_stepped():
    w = torch.ones(3, requires_grad=True)
    loss = (w * w).sum()
    w.grad = torch.ones(3)
    Padam([w], fused=True).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("case", ["a gap", "half precision"])
def test_what_machine_code_cannot_step_is_refused_where_it_is_asked_for(case):
    w = torch.ones(4, 3, dtype=torch.bfloat16 if case == "half precision" else torch.float32)
    w = (w[:, :2] if case == "a gap" else w).requires_grad_()
    w.grad = torch.ones_like(w)
    with pytest.raises(RuntimeError, match="fused=True must have a C"):
        Padam([w], fused=True).step()
    Padam([w]).step()
    assert bool((w < 1).all())


def test_without_a_compiler_torch_steps(monkeypatch):
    monkeypatch.setattr(elementwise, "kernel_of", lambda *_: None)
    with_torch = moved()
    with pytest.raises(RuntimeError, match="must have a C"):
        moved(fused=True)
    monkeypatch.undo()
    for one, other in zip(with_torch, moved(fused=True), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


PROGRAM = """
import torch
from workers.optimizers import Padam
from workers.optimizers.fused.compiler import described
w = torch.ones(9, requires_grad=True)
w.grad = torch.full((9,), 0.5)
Padam([w]).step()
print(described() is None, float(w[0].detach()))
"""


SMALL = 'extern "C" int number() {{ return {}; }}'


def run_with(tmp_path, before="", **environment):
    given = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), **environment}
    done = subprocess.run(
        [sys.executable, "-c", before + PROGRAM], env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_named_compiler_that_is_none_leaves_torch_to_step(tmp_path):
    assert run_with(tmp_path, CXX="") == ["True", run_with(tmp_path)[1]]


@pytest.mark.parametrize("broken", ["exit 1", "echo I am a compiler"])
def test_a_compiler_that_does_not_compile_leaves_torch_to_step(tmp_path, broken):
    false = tmp_path / "c++"
    false.write_text(f"#!/bin/sh\n{broken}\n")
    false.chmod(0o700)
    assert run_with(tmp_path, CXX=str(false))[1] == run_with(tmp_path)[1]


def test_a_later_process_compiles_nothing(tmp_path):
    run_with(tmp_path)
    kernels = tmp_path / "basin" / "kernels"
    made = {path.name: path.stat().st_mtime_ns for path in kernels.iterdir()}
    assert len(made) == 1
    run_with(tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in kernels.iterdir()} == made


@pytest.mark.parametrize("length", [0, 100, 5_000, 15_000])
def test_half_a_library_is_made_anew(tmp_path, length):
    """To load some of one does not fail: it kills the process."""
    expected = run_with(tmp_path)
    [path] = (tmp_path / "basin" / "kernels").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:length])
    assert run_with(tmp_path) == expected
    assert path.read_bytes() == whole


def test_without_a_home_a_process_has_a_folder_of_its_own_and_removes_it(tmp_path, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    homeless = "import pathlib\ndef home():\n    raise RuntimeError\npathlib.Path.home = home\n"
    made = tmp_path / "made"
    made.mkdir()
    expected = run_with(tmp_path)
    assert run_with(tmp_path, homeless, XDG_CACHE_HOME="", TMPDIR=str(made)) == expected
    assert list(made.glob("basin-*")) == []


def test_a_cache_that_vanished_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = [library(SMALL.format(number), threads=False) for number in (1, 2)]
    assert None not in made
    shutil.rmtree(tmp_path / "cache")
    assert library(SMALL.format(1), threads=False) is not None


def test_where_nothing_can_be_written_there_is_no_library(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert library(SMALL.format(3), threads=False) is None


def test_a_compiler_may_be_named_with_options(tmp_path):
    path = shutil.which("c++") or shutil.which("g++")
    run_with(tmp_path, CXX=f"{path} -Wall")
    assert len(list((tmp_path / "basin" / "kernels").iterdir())) == 1


def test_threads_of_another_kind_are_done_without(tmp_path, monkeypatch):
    """A library made for a runtime of threads that the process has not cannot be loaded; one without threads can."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def foreign(source, *, threads):
        strange = 'extern "C" void not_in_any_process();\n' + source.replace(
            "const int64_t total", "not_in_any_process(); const int64_t total"
        )
        made.append(threads)
        return library(strange if threads else source, threads=threads)

    monkeypatch.setattr(kernels, "library", foreign)
    w = torch.ones(3)
    kernel = kernels.kernel_of(lambda _w, g, _s, n: (g * n["lr"], {}), (), ("lr",), torch.float32)
    kernel([w], [torch.ones(3)], np.array([3]), [], [1.0, 0.0, 1.0, 0.25])
    assert w.tolist() == [0.75] * 3
    assert made == [True, False]


def test_a_folder_that_others_can_write_to_is_no_place_for_machine_code(tmp_path):
    kernels = tmp_path / "basin" / "kernels"
    kernels.mkdir(parents=True)
    kernels.chmod(0o777)
    run_with(tmp_path)
    assert list(kernels.iterdir()) == []


def test_torch_s_compiler_computes_what_the_expression_says():
    """The source of an accelerator's kernel, made for the CPU: the same graph with other loops."""
    optimizer = Padam(parameters(), lr=0.01, p=0.3, weight_decay=0.1)
    group = optimizer.param_groups[0]
    expression, numbers = optimizer.expression(group), optimizer.numbers(group, 4)
    values = [1.0, 0.1, 1.0, *numbers.values()]
    starts = [torch.rand(1_000, generator=torch.Generator().manual_seed(i)) for i in range(5)]
    ours, theirs = [it.clone() for it in starts], [it.clone() for it in starts]
    compiled(expression, STATE, tuple(numbers))(ours[0], ours[1], ours[2:], torch.tensor(values))
    kernel_of(expression, STATE, tuple(numbers), torch.float32)(
        theirs[:1], theirs[1:2], np.array([1_000]), theirs[2:], values
    )
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_numbers_of_a_rule_are_not_rounded_to_half_precision(dtype, monkeypatch):
    """0.999 is 1 in the shorter of the two."""
    optimizer = Padam([torch.ones(4, dtype=dtype, requires_grad=True)])
    group = optimizer.param_groups[0]
    numbers, seen = optimizer.numbers(group, 50), []
    monkeypatch.setattr(
        accelerator, "compiled", lambda *_: lambda _w, _g, _buffers, values: seen.extend(values.tolist())
    )
    flat = (torch.ones(4, dtype=dtype), torch.ones(4, dtype=dtype))
    state = {name: torch.ones(4, dtype=dtype) for name in STATE}
    assert accelerator.advance(optimizer.expression(group), flat, state, numbers, (1.0, 0.0, 1.0))
    assert seen == pytest.approx([1.0, 0.0, 1.0, *numbers.values()], rel=1e-7)
