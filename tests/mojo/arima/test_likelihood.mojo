from std.testing import TestSuite, assert_almost_equal
from std.time import perf_counter_ns
from barrow.arima import F64, Likelihood, Order
from barrow.fence import Scratch

def test_x() raises:
    var n = 500
    var series = Scratch[F64](length=2*n)
    var s: UInt64 = 1
    var e0 = 0.0
    var y0 = 0.0
    for i in range(n):
        var e = -6.0
        for _ in range(12):
            s = s * 6364136223846793005 + 1442695040888963407
            e += Float64(Int(s >> 11)) / 9007199254740992.0
        y0 = 0.6 * y0 + e + 0.3 * e0
        e0 = e
        series.store(i, y0)
        series.store(n+i, 1.0)
    var order = Order(2,0,2,0,0,0,1,True,False)
    var series2 = Scratch[F64](length=2*n)
    for i in range(2*n): series2.store(i, series.load(i))
    var lik = Likelihood[16](order, series^, n, gaps=False, conditional=False)
    var gap = Likelihood[16](order, series2^, n, gaps=True, conditional=False)
    for k in range(4):
        for l in range(16):
            lik.free.store(k*16+l, 0.1*Float64(k) - 0.02*Float64(l))
            gap.free.store(k*16+l, 0.1*Float64(k) - 0.02*Float64(l))
    var a = lik.at_free()
    var b = gap.at_free()
    for l in range(16):
        assert_almost_equal(a[l], b[l], atol=1e-12)
    print(lik._innovations.settled_at, a[0], lik.trend()[0][0])
    var t = perf_counter_ns()
    for _ in range(1000): _ = lik.at_free()
    print(Float64(Int(perf_counter_ns()-t))/1e6, "us exact")
    lik.conditional = True
    t = perf_counter_ns()
    for _ in range(1000): _ = lik.at_free()
    print(Float64(Int(perf_counter_ns()-t))/1e6, "us css")

def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
