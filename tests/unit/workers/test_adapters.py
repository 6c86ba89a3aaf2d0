"""What plug-ins implement, in the registries of the core, and in a worker."""

from __future__ import annotations

import pytest
import torch

from search_spaces.errors import PluginError
from search_spaces.plugins import Plugin
from search_spaces.plugins.loading import hash_of, load
from tests.unit.search_spaces.plugins.common import loaded
from workers.adapters import enter, install
from workers.data import DATASETS, load_split
from workers.networks import NETWORKS, build_network
from workers.optimizers import UNGROUPED, build_optimizer, in_force
from workers.provenance import code_version
from workers.recipe import Recipe
from workers.tasks import TASKS, begin
from workers.trainable import Worker

SOURCE = """
    import basin
    import numpy as np
    import torch

    @basin.network("flat", width=basin.Number(4, low=1, integer=True), bias=basin.Switch(True))
    def flat(shape, classes, *, width, bias):
        layers = torch.nn.Flatten(), torch.nn.Linear(16, width, bias=bias), torch.nn.Linear(width, classes)
        return torch.nn.Sequential(*layers)

    @basin.dataset("dots", classes=2, shape=(1, 4, 4))
    def dots(folder):
        def part(count):
            labels = np.arange(count) % 2
            return (100 * labels[:, None, None, None] * np.ones((1, 1, 4, 4))).astype(np.uint8), labels
        return *part(20), *part(10)

    @basin.optimizer("steps", lr=basin.Number(0.1, low=0), weight_decay=basin.Number(0.5, low=0))
    def steps(groups, *, lr, weight_decay):
        return torch.optim.SGD(groups, lr=lr, weight_decay=weight_decay)

    @basin.task("counted", metrics=[basin.Metric("count")], step=basin.Number(1.0))
    def counted(options, seed, epochs):
        for number in range(epochs):
            yield {"count": number * options.step}
"""
SETTING = {"dataset": "dots", "network": {"name": "flat", "width": 3}, "batch_size": 5}


@pytest.fixture(autouse=True)
def registries(monkeypatch):
    """Leave the registries of the core as they were."""
    for registry in (NETWORKS, DATASETS, UNGROUPED, TASKS):
        for name in ("flat", "dots", "steps", "counted"):
            monkeypatch.setitem(registry, name, None)
    monkeypatch.setattr("workers.adapters._in_force", {})
    yield
    load_split.cache_clear()


def recipe(**changes):
    options = {"lr": 0.1, "weight_decay": 0.5}
    known = {"task": "classification", "setting": SETTING, "optimizer": "steps", "options": options}
    return Recipe(**known | {"epochs": 2, "seed": 0, "schedules": {"lr": {"name": "cosine"}}} | changes)


def test_all_that_is_declared_is_trained_by_the_core(tmp_path):
    install(loaded(tmp_path, SOURCE).travelling)
    records = list(begin(recipe(), tmp_path, torch.device("cpu")).rest())
    assert [record.epoch for record in records] == [1, 2]
    assert records[1].lr < records[0].lr  # which the schedule moves
    assert records[1].images == 20


def test_an_optimizer_takes_all_of_its_options_by_name(tmp_path):
    install(loaded(tmp_path, SOURCE).travelling)
    optimizer = build_optimizer(torch.nn.Linear(2, 2), recipe(), 10)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.5]
    assert in_force(optimizer) == {"lr": 0.1, "p": None, "log10_v": None}


def test_an_option_that_a_study_does_not_know_has_its_default(tmp_path):
    install(loaded(tmp_path, SOURCE).travelling)
    network = build_network("flat", (1, 4, 4), 2, 0, {"width": 3})
    assert network[1].bias is not None


def test_the_weights_come_from_the_seed(tmp_path):
    install(loaded(tmp_path, SOURCE).travelling)
    first, second, other = (build_network("flat", (1, 4, 4), 2, seed, {"width": 3}) for seed in (0, 0, 1))
    assert torch.equal(first[1].weight, second[1].weight)
    assert not torch.equal(first[1].weight, other[1].weight)


def test_an_edited_plugin_takes_the_place_of_the_one_before(tmp_path):
    install(loaded(tmp_path, SOURCE).travelling)
    assert len(load_split("dots", None, None, 0).images.train_labels) == 20
    install(loaded(tmp_path, SOURCE.replace("part(20)", "part(30)")).travelling)
    assert len(load_split("dots", None, None, 0).images.train_labels) == 30


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("return torch.nn.Sequential(*layers)", "return 3", "network flat must return a torch.nn.Module"),
        (
            "return torch.optim.SGD(groups, lr=lr, weight_decay=weight_decay)",
            "return 3",
            "optimizer steps must return",
        ),
    ],
)
def test_what_returns_something_else_is_an_error_that_says_so(tmp_path, before, after, kind):
    install(loaded(tmp_path, SOURCE.replace(before, after)).travelling)
    with pytest.raises(TypeError, match=kind):
        begin(recipe(), None, torch.device("cpu"))


def ticket(plugins, jobs=()):
    known = {"code": code_version(), "data": None, "threads": 1, "trials": [job.to_dict() for job in jobs]}
    return {"ticket": known | {"plugins": [it.to_dict() for it in plugins]}}


def test_a_worker_loads_the_plugins_of_its_ticket_and_records_their_hashes(tmp_path):
    from workers.messages import Job, Report

    plugins = loaded(tmp_path, SOURCE)
    counted = recipe(task="counted", setting={"step": 2.0}, optimizer=None, options={}, schedules={})
    worker = Worker.__new__(Worker)
    worker.setup(ticket(plugins.travelling, [Job(key=(1, 1), recipe=counted)]))
    reports = [Report.from_dict(it) for it in worker.step()["reports"]]
    assert [it["metrics"] for report in reports for it in report.epochs] == [{"count": 0.0}, {"count": 2.0}]
    assert reports[-1].finish.provenance.code_version == code_version(*plugins.hashes)


def test_an_error_is_told_with_the_line_of_the_plugin_that_it_came_through(tmp_path):
    from workers.messages import Job, Report

    plugins = loaded(tmp_path, SOURCE.replace("number * options.step", "torch.ones(2) @ torch.ones(3)"))
    counted = recipe(task="counted", setting={"step": 2.0}, optimizer=None, options={}, schedules={})
    worker = Worker.__new__(Worker)
    worker.setup(ticket(plugins.travelling, [Job(key=(1, 1), recipe=counted)]))
    (report,) = (Report.from_dict(it) for it in worker.step()["reports"])
    line = next(at for at, text in enumerate(plugins.travelling[0].source.splitlines(), 1) if "torch.ones(2)" in text)
    assert report.finish.reason.startswith("RuntimeError: ")
    assert report.finish.reason.endswith(f"(plugin0.py:{line})")


def test_a_training_that_leaves_python_is_an_error_of_its_trial_alone(tmp_path):
    from workers.messages import Job, Report

    leaving = SOURCE.replace("number * options.step", "sys.exit(3) if options.step == 3.0 else 1.0")
    plugins = loaded(tmp_path, leaving.replace("import torch", "import sys, torch"))
    trained = [
        recipe(task="counted", setting={"step": step}, optimizer=None, options={}, schedules={})
        for step in (3.0, 2.0)
    ]
    worker = Worker.__new__(Worker)
    worker.setup(ticket(plugins.travelling, [Job(key=(1, 1), recipe=trained[0]), Job(key=(2, 1), recipe=trained[1])]))
    ends = [it.finish for it in map(Report.from_dict, worker.step()["reports"]) if it.finish]
    assert ends[0].reason.startswith("SystemExit: 3 (plugin0.py:")
    assert [it.ending for it in ends] == ["error", "complete"]


def test_what_ray_ends_a_worker_with_is_no_error_of_a_trial(tmp_path):
    from ray._raylet import raise_sys_exit_with_custom_error_message as told_to_end

    from workers.messages import Job

    install(loaded(tmp_path, SOURCE).travelling)
    counted = recipe(task="counted", setting={"step": 2.0}, optimizer=None, options={}, schedules={})
    worker = Worker.__new__(Worker)
    worker.setup(ticket([], [Job(key=(1, 1), recipe=counted)]))
    TASKS["counted"] = lambda *_: told_to_end("The process receives a SIGTERM.", exit_code=1)
    with pytest.raises(SystemExit):
        worker.step()


def test_a_worker_refuses_an_installed_plugin_of_another_hash():
    worker = Worker.__new__(Worker)
    with pytest.raises(PluginError, match="with sources of hash 0123456789abcdef, got "):
        worker.setup(ticket([Plugin(name="mine 1.0", hash="0123456789abcdef", module="colorsys")]))
    with pytest.raises(PluginError, match="module no_such_module_here, cannot be loaded: ModuleNotFoundError"):
        worker.setup(ticket([Plugin(name="mine 1.0", hash="0", module="no_such_module_here")]))


def test_the_order_of_plugins_is_no_part_of_the_code_version():
    assert code_version("b", "a") == code_version("a", "b") == f"{code_version()}+a+b"


def test_what_is_loaded_from_source_needs_no_file():
    source = "import basin\n@basin.optimizer('o')\ndef o(groups): ...\n"
    enter(load(Plugin(name="gone.py", hash=hash_of(source), source=source)))
    assert UNGROUPED.pop("o") is not None
