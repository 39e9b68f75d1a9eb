"""What a model is: its orders, its season and its trend."""


@fieldwise_init
struct Order(ImplicitlyCopyable):
    """A seasonal ARIMA model (p, d, q)(P, D, Q) of a season, with a trend.

    The differenced series w is `trend(t) + u(t)`, and u is an ARMA process whose
    polynomials are products: phi(B) Phi(B^s) u = theta(B) Theta(B^s) e, with
    phi(B) = 1 - phi_1 B - ... and theta(B) = 1 + theta_1 B + ...
    """

    var p: Int
    """Autoregressive coefficients."""
    var d: Int
    """Differences."""
    var q: Int
    """Moving average coefficients."""
    var seasonal_p: Int
    """Autoregressive coefficients at multiples of the season."""
    var seasonal_d: Int
    """Seasonal differences."""
    var seasonal_q: Int
    """Moving average coefficients at multiples of the season."""
    var season: Int
    """Observations in a season; 1 without one."""
    var has_constant: Bool
    """Whether the differenced series has a mean."""
    var has_slope: Bool
    """Whether the mean of the differenced series changes by the same in every step."""

    def free(self) -> Int:
        """Counts what an optimizer has to find.

        Returns:
            The number of coefficients of the four polynomials.
        """
        return self.p + self.q + self.seasonal_p + self.seasonal_q

    def columns(self) -> Int:
        """Counts the coefficients of the trend.

        Returns:
            From 0 to 2.
        """
        return Int(self.has_constant) + Int(self.has_slope)

    def ar(self) -> Int:
        """Gives the degree of the product of the autoregressive polynomials.

        Returns:
            The longest lag of u.
        """
        return self.p + self.season * self.seasonal_p

    def ma(self) -> Int:
        """Gives the degree of the product of the moving average polynomials.

        Returns:
            The longest lag of e.
        """
        return self.q + self.season * self.seasonal_q

    def states(self) -> Int:
        """Gives the dimension of Harvey's state of the ARMA process.

        Returns:
            The larger one of `ar()` and `ma() + 1`.
        """
        return max(self.ar(), self.ma() + 1, 1)

    def lost(self) -> Int:
        """Counts the observations that differencing takes.

        Returns:
            How many values the series has more than its differences.
        """
        return self.d + self.season * self.seasonal_d

    def trend_at(self, column: Int, t: Int, length: Int) -> Float64:
        """Gives a column of the trend, scaled to be near 1.

        Args:
            column: Its number, from 0.
            t: The index into the differenced series; may lie beyond its end.
            length: How long the differenced series is.

        Returns:
            1 for the constant; for the slope from -1 to 1 over the series beside a constant,
            from 0 to 1 alone.
        """
        if column == 0 and self.has_constant:
            return 1.0
        if not self.has_constant:
            return Float64(t + 1) / Float64(length)
        var middle = 0.5 * Float64(length - 1)
        return (Float64(t) - middle) / middle

    def plain_trend(
        self, first: Float64, second: Float64, length: Int
    ) -> Tuple[Float64, Float64]:
        """Turns coefficients of the columns into those of `constant + slope (t + 1)`.

        Args:
            first: Of the first column.
            second: Of the second column.
            length: How long the differenced series is.

        Returns:
            The constant and the slope.
        """
        if not self.has_slope:
            return (first, 0.0)
        if not self.has_constant:
            return (0.0, first / Float64(length))
        var middle = 0.5 * Float64(length - 1)
        return (first - second * (1.0 + 1.0 / middle), second / middle)
