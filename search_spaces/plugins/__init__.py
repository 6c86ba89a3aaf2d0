"""Plug-ins: networks, data sets, optimizers and tasks of users, declared by decorators, read from files or packages.

A plug-in is named by its user alone: by an option, the environment, a settings file, or by installing it; never by a
specification or a store. Nothing here needs torch.
"""

from __future__ import annotations

from search_spaces.plugins.collection import Plugins, collect
from search_spaces.plugins.decorators import dataset, network, optimizer, task
from search_spaces.plugins.plugin import Loaded, Plugin

__all__ = ["Loaded", "Plugin", "Plugins", "collect", "dataset", "network", "optimizer", "task"]
