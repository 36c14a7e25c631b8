/// All rounds of all scenarios and paths.
struct Comparison {
    private struct Cell: Hashable {
        var scenario: Scenario
        var path: Path
    }

    private var runs: [Cell: [Figures]] = [:]

    mutating func add(_ figures: Figures, _ scenario: Scenario, _ path: Path) {
        runs[Cell(scenario: scenario, path: path), default: []].append(figures)
    }

    func rounds(_ scenario: Scenario, _ path: Path) -> Int { runs[Cell(scenario: scenario, path: path)]?.count ?? 0 }

    /// The median over the rounds; nil if it was not measured.
    func figure(_ name: Figures.Name, _ scenario: Scenario, _ path: Path) -> Double? {
        median((runs[Cell(scenario: scenario, path: path)] ?? []).compactMap { $0[name] })
    }

    /// The median over the rounds of `path`'s figure divided by `other`'s in the same round.
    func ratio(_ name: Figures.Name, _ scenario: Scenario, _ path: Path, to other: Path) -> Double? {
        let mine = runs[Cell(scenario: scenario, path: path)] ?? []
        let others = runs[Cell(scenario: scenario, path: other)] ?? []
        return median(
            zip(mine, others).compactMap { mine, other in
                guard let value = mine[name], let base = other[name], base > 0 else { return nil }
                return value / base
            })
    }
}
