"""The source of a kernel: one loop in C++ over the elements of several tensors."""

from __future__ import annotations

from collections.abc import Sequence

from workers.optimizers.fused.symbols import Expression, Lines, Symbol, literal

PRELUDE = """\
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

template <class To, class From>
static inline To bits(From value) { To out; std::memcpy(&out, &value, sizeof out); return out; }

static inline float root(float x) { return std::sqrt(x); }
static inline double root(double x) { return std::sqrt(x); }
static inline float magnitude(float x) { return std::fabs(x); }
static inline double magnitude(double x) { return std::fabs(x); }
template <class T> static inline T larger(T a, T b) { return (a > b || a != a) ? a : b; }

static inline double power(double x, double y) { return std::pow(x, y); }

// x^y for x >= 0 and 0 < y <= 1, to 2 units in the last place, in operations that a compiler makes into vectors.
// log2 x = e + log2 f with f in [sqrt(1/2), sqrt(2)); y e is exact in two parts, so that no digit is lost to e.
static inline float power(float x, float y) {
    const bool small = x < std::numeric_limits<float>::min();
    const int32_t word = bits<int32_t>(small ? x * 16777216.0f : x);
    const int32_t e = (word - 0x3f3504f3) >> 23;
    const float f = bits<float>(word - e * 8388608), whole = float(e) - (small ? 24.0f : 0.0f);
    const float s = (f - 1.0f) / (f + 1.0f), q = s * s;  // log f = 2 artanh s
    float series = 0.320598898f;
    series = series * q + 0.412198583f;
    series = series * q + 0.577078016f;
    series = series * q + 0.961796694f;
    series = series * q + 2.88539008f;
    const float log2f = s * series;
    const float high = bits<float>(bits<int32_t>(y) & int32_t(0xfffff000)), low = y - high;
    const float exact = high * whole, n = std::nearbyint(exact);
    const float rest = (exact - n) + (low * whole + y * log2f), k = std::nearbyint(rest), r = rest - k;
    float z = 1.52527338e-5f;  // 2^r by its series, |r| <= 1/2
    z = z * r + 1.54035304e-4f;
    z = z * r + 1.33335581e-3f;
    z = z * r + 9.61812911e-3f;
    z = z * r + 5.55041087e-2f;
    z = z * r + 2.40226507e-1f;
    z = z * r + 6.93147181e-1f;
    z = z * r + 1.0f;
    float exponent = n + k;
    exponent = exponent < -126.0f ? -126.0f : exponent;
    const float result = z * bits<float>((int32_t(exponent) + 127) * 8388608);
    return x == 0.0f ? 0.0f : (x <= std::numeric_limits<float>::max() ? result : x);
}
"""

LOOP = """
using T = %(type)s;

static void run(T* __restrict w, const T* __restrict gradient%(buffers)s, int64_t count, const double* numbers) {
%(numbers)s
    for (int64_t i = 0; i < count; ++i) {
        const T w0 = w[i];
        const T g0 = gradient[i];
%(reads)s
%(body)s
%(writes)s
    }
}

// Tensors lie one behind the other in the state; tensor t ends at ends[t]. Parts take equal shares of the elements.
extern "C" void step(
    int64_t tensors, T* const* w, const T* const* gradient, const int64_t* ends, T* const* state,
    const double* numbers, int64_t parts
) {
    const int64_t total = ends[tensors - 1];
    #pragma omp parallel for num_threads(parts) schedule(static, 1) if (parts > 1)
    for (int64_t part = 0; part < parts; ++part) {
        int64_t at = total * part / parts;
        const int64_t stop = total * (part + 1) / parts;
        for (int64_t t = 0, begin = 0; t < tensors && at < stop; begin = ends[t++]) {
            if (ends[t] <= at) continue;
            const int64_t end = ends[t] < stop ? ends[t] : stop;
            run(w[t] + (at - begin), gradient[t] + (at - begin)%(shifted)s, end - at, numbers);
            at = end;
        }
    }
}
"""

SIGN, L2, KEEP = "sign", "l2", "keep"
"""The numbers that every rule has: of the gradient; what of the parameter is added to it; what of it is kept."""


def source_of(expression: Expression, state: Sequence[str], numbers: Sequence[str], dtype: str) -> str:
    """Return the C++ of a rule.

    Parameters
    ----------
    expression
        The rule.
    state
        The names of its state, in the order of the buffers.
    numbers
        The names of its numbers, behind the three that every rule has.
    dtype
        ``float`` or ``double``.
    """
    lines = Lines()
    symbols = {name: Symbol(lines, f"n_{name}") for name in (SIGN, L2, KEEP, *numbers)}
    w, given = Symbol(lines, "w0"), Symbol(lines, "g0")
    buffers = {name: Symbol(lines, f"s_{name}0") for name in state}
    update, new = expression(
        w, given * symbols[SIGN] + w * symbols[L2], buffers, {name: symbols[name] for name in numbers}
    )
    moved = w * symbols[KEEP] - update
    indent = " " * 8
    return PRELUDE + LOOP % {
        "type": dtype,
        "buffers": "".join(f", T* __restrict s_{name}" for name in state),
        "numbers": "\n".join(f"    const T n_{name} = T(numbers[{i}]);" for i, name in enumerate(symbols)),
        "reads": "\n".join(f"{indent}const T s_{name}0 = s_{name}[i];" for name in state),
        "body": "\n".join(indent + line for line in lines.statements()),
        "writes": "\n".join(
            [f"{indent}s_{name}[i] = {literal(value)};" for name, value in new.items()]
            + [f"{indent}w[i] = {moved.text};"]
        ),
        "shifted": "".join(f", state[{i}] + at" for i in range(len(state))),
    }
