"""The thirteen claims."""

from __future__ import annotations

from analysis.claims import decay, exponents, rivals
from analysis.claims.claim import NEGATIVE, POSITIVE, Claim, Criterion, Experiment, Region, Statistic, within

MARGIN = 0.5
"""Percentage points of test error within which two optimizers are comparable: chosen here, the claims name none."""

FINE = 0.25
"""Percentage points of test error that are worth having: chosen here, the claims name none."""

FLAT = 0.25
"""Slope of a best decay that counts as none: half of the 1/2 by which the normalisation moves it."""


def _on(preset: str, *tests: Criterion) -> Experiment:
    return Experiment(preset=preset, tests=tests)


def _on_both(preset: str, *tests: Criterion) -> tuple[Experiment, ...]:
    return tuple(Experiment(preset=f"{preset}-{data}", tests=tests) for data in ("cifar10", "cifar100"))


def _narrows(preset: str, name: str, title: str) -> Experiment:
    return _on(preset, _points(f"Adam minus {title}", rivals.adam_minus(name), POSITIVE))


def _points(says: str, statistic: Statistic, region: Region, *, refutable: bool = True) -> Criterion:
    return Criterion(says=f"{says} (points)", statistic=statistic, region=region, refutable=refutable)


_EARLY = "mean test error before the first drop"
_RIDGE = Criterion(
    says="slope of log10 of the best lr against p (decades per unit of p)",
    statistic=exponents.ridge_slope,
    region=NEGATIVE,
)
_CORNERS = _points(
    "cost of the highest lr against the lowest, at the highest p minus at the lowest",
    exponents.interaction_of_corners,
    POSITIVE,
)

CLAIMS = (
    Claim(
        name="H1",
        text="Padam converges faster than SGD with momentum and slower than Adam and AMSGrad; in the end its test "
        "error is comparable with that of SGD with momentum",
        source="Mittal, Pandey, Kant, sections 1 and 4.1 (the authors of Padam claim the fastest convergence)",
        experiments=_on_both(
            "report-optimizers",
            _points(f"SGD minus Padam, {_EARLY}", rivals.momentum_minus_padam_early, POSITIVE),
            _points(f"Padam minus Adam and AMSGrad, {_EARLY}", rivals.padam_minus_adaptive_early, POSITIVE),
            _points("Padam minus SGD, in the end", rivals.padam_minus_momentum, within(MARGIN)),
        ),
    ),
    Claim(
        name="H2",
        text="p = 1/8 is the best of 1/4, 1/8 and 1/16",
        source="Mittal, Pandey, Kant, section 4.2",
        experiments=_on_both(
            "report-p-value",
            _points("p = 1/16 minus p = 1/8", exponents.sixteenth_minus_eighth, POSITIVE),
            _points("p = 1/4 minus p = 1/8", exponents.quarter_minus_eighth, POSITIVE),
        ),
    ),
    Claim(
        name="H3",
        text="At p = 1/4 a learning rate of 0.01 or 0.001 is better than 0.1, and a smaller p prefers a larger one: "
        "the two are entangled",
        source="Mittal, Pandey, Kant, section 4.3",
        experiments=(
            *_on_both(
                "report-sensitivity",
                _points("lr 0.1 minus lr 0.01 and 0.001, at p = 1/4", exponents.large_rate_at_a_quarter, POSITIVE),
                _RIDGE,
            ),
            _on("entanglement-digits", _RIDGE),
        ),
    ),
    Claim(
        name="H4",
        text="With a high p Padam behaves like the adaptive methods and does better at low learning rates, with a "
        "low p like SGD, better at high ones",
        source="Mittal, Pandey, Kant, section 4.4",
        experiments=(
            *_on_both("report-sensitivity", _CORNERS),
            _on("entanglement-digits", _CORNERS),
        ),
    ),
    Claim(
        name="H5",
        text="A p that falls during the training does better than any fixed p",
        source="Mittal, Pandey, Kant, section 4.4 (proposed, not run)",
        experiments=(
            _on(
                "p-schedule-cifar10",
                _points("best fixed p minus best schedule of p", exponents.best_fixed_minus_scheduled, POSITIVE),
            ),
        ),
    ),
    Claim(
        name="H6",
        text="The second moment v need not lie between 0 and 1, as the argument of the small-learning-rate dilemma "
        "assumes",
        source="Mittal, Pandey, Kant, section 5",
        experiments=_on_both(
            "report-sensitivity",
            Criterion(
                says="largest mean over parameters of log10 v",
                statistic=exponents.largest_second_moment,
                region=POSITIVE,
                refutable=False,
            ),
        ),
    ),
    Claim(
        name="H7",
        text="For Adam, L2 and weight decay are not the same: decoupled, the error is lower, and learning rate and "
        "decay can be tuned one after the other",
        source="Bushaev, Weight decay with Adam",
        experiments=(
            _on(
                "decoupling-cifar10",
                _points("best with L2 minus best with decoupled decay", decay.l2_minus_decoupled, POSITIVE),
                _points(
                    "regret of tuning one after the other, L2 minus decoupled",
                    decay.regret_of_l2_minus_decoupled,
                    POSITIVE,
                ),
            ),
        ),
    ),
    Claim(
        name="H8",
        text="The best weight decay falls with the number of iterations, and its normalisation by them removes that",
        source="Bushaev, Weight decay with Adam",
        experiments=(
            _on(
                "normalised-decay-cifar10",
                Criterion(
                    says="slope of log10 of the best decay against log10 of the epochs",
                    statistic=decay.slope_of_best_decay,
                    region=NEGATIVE,
                ),
                Criterion(
                    says="slope of log10 of the best normalised decay against log10 of the epochs",
                    statistic=decay.slope_of_best_normalised_decay,
                    region=within(FLAT),
                ),
            ),
        ),
    ),
    Claim(
        name="H9",
        text="AMSGrad does not help on real data",
        source="Bushaev, On the convergence of Adam",
        experiments=(
            _on("amsgrad-cifar10", _points("AMSGrad minus Adam", rivals.amsgrad_minus_adam, Region(low=-FINE))),
        ),
    ),
    Claim(
        name="H10",
        text="RAdam makes the tuning of a warm-up unnecessary",
        source="Zheng, RAdam",
        experiments=(
            _on(
                "radam-warmup-cifar10",
                _points("RAdam minus Adam at its best warm-up", rivals.rectified_minus_warmed, Region(high=FINE)),
            ),
        ),
    ),
    Claim(
        name="H11",
        text="An eps much larger than 1e-8 helps some networks",
        source="Hwang, Pseudo-code from the documentation of TensorFlow",
        experiments=(
            _on(
                "eps-digits",
                _points(
                    "best with eps <= 1e-6 minus best with eps >= 0.01",
                    rivals.small_minus_large_eps,
                    POSITIVE,
                    refutable=False,
                ),
            ),
        ),
    ),
    Claim(
        name="H12",
        text="Adagrad with squared gradients does better than with their absolute values, or with counters",
        source="Adaptive exponent for adam (padam)",
        experiments=tuple(
            _on(
                f"accumulators-{data}",
                _points("absolute values minus squares", rivals.accumulator_minus_squares("absolute"), POSITIVE),
                _points("counters minus squares", rivals.accumulator_minus_squares("counter"), POSITIVE),
            )
            for data in ("cifar10", "digits")
        ),
    ),
    Claim(
        name="H13",
        text="Adam generalises worse than SGD with momentum on CIFAR; SWATS, ND-Adam and AdamW narrow the gap",
        source="Bushaev, Problems with Adam and ND-Adam",
        experiments=(
            *_on_both(
                "report-optimizers", _points("Adam minus SGD, in the end", rivals.adam_minus_momentum, POSITIVE)
            ),
            _narrows("swats-cifar10", "swats", "SWATS"),
            _narrows("nd-adam-cifar10", "nd-adam", "ND-Adam"),
            _narrows("adamw-baseline-cifar10", "adamw", "AdamW"),
        ),
    ),
)
"""All of them, in the order of their names."""
