"""Plug-ins that the tests load."""

import textwrap

from search_spaces.plugins import collect

QUADRATIC = """
    import basin

    @basin.task(
        "quadratic",
        metrics=[basin.Metric("value", worst=1e3)],
        lr=basin.Number(0.1, low=0, log=True),
        noise=basin.Number(0.0, low=0),
        start=basin.Choice(["near", "far"]),
        exact=basin.Switch(True),
    )
    def quadratic(options, seed, epochs):
        '''Down a parabola.'''
        x = 5.0
        for _ in range(epochs):
            x -= 2 * options.lr * x
            yield {"value": x * x}
"""

WORDS = """
    import basin

    @basin.network("flat", width=basin.Number(16, low=1, high=64, integer=True))
    def flat(shape, classes, *, width):
        '''Flat.'''

    @basin.dataset("dots", classes=3, shape=(1, 2, 2))
    def dots(folder):
        '''Dots.'''

    @basin.optimizer("lion", lr=basin.Number(1e-4, low=0, log=True), beta1=basin.Number(0.9, low=0, high=1))
    def lion(groups, *, lr, beta1):
        '''The sign of it.'''
"""


def write(folder, text, name="plugin.py"):
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(path)


def loaded(folder, *texts):
    """Return plug-ins of some sources."""
    return collect([write(folder, text, f"plugin{at}.py") for at, text in enumerate(texts)])
