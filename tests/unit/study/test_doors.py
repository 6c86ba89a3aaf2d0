"""Whether anybody listens at the address of a cluster."""

import socket

import pytest

from study import doors, tuning
from study.errors import TicketsError


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("head:6379", ("head", 6379)),
        ("127.0.0.1:6379", ("127.0.0.1", 6379)),
        ("[::1]:6379", ("::1", 6379)),
        ("ray://head:20000", ("head", 20000)),
        ("ray://head", ("head", 10001)),
        ("auto", None),
        ("local", None),
    ],
)
def test_an_address_names_a_door_or_leaves_it_to_ray(address, door):
    assert doors.door_of(address) == door


@pytest.fixture
def free():
    """Return a port of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_somebody_who_listens_is_enough():
    with socket.create_server(("127.0.0.1", 0)) as server:
        doors.knock(f"127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "no.such.host.invalid:{}", "127.0.0.1:99999"])
def test_a_drive_asks_ray_for_no_cluster_where_nobody_listens(monkeypatch, free, form):
    """Ray does not give up there, and says nothing."""
    asked = []
    monkeypatch.setattr(tuning.ray, "init", lambda **_options: asked.append(1))
    address = form.format(free)
    with pytest.raises(TicketsError, match="nobody answers there") as caught:
        tuning._init(address, {"address": address})
    assert f"Ray cannot be reached at {address!r}" in str(caught.value)
    assert "ray start --head" in str(caught.value)
    assert asked == []
