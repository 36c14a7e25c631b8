extension Int {
    /// The sum, or the largest integer where it is beyond that: figures that a provider tells are added without end.
    /// - Parameter other: not negative.
    func saturatingSum(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
