/// The problems found in the configuration, each with its file and line if it has one.
struct Problems {
    struct Place: Equatable {
        var file: String
        var line: Int
    }

    private struct Problem {
        var place: Place?
        var text: String
    }

    /// The file and line of each setting, by the name of the variable or the path of the key (`limits.frame_bytes`).
    private(set) var places: [String: Place] = [:]
    /// The configuration keys of variables that the configuration file has set, by variable.
    private var keys: [String: String] = [:]
    private var problems: [Problem] = []

    mutating func note(_ setting: String, at place: Place) {
        places[setting] = place
    }

    /// Reports later problems of `variable` as problems of `key`.
    mutating func attribute(_ variable: String, to key: String) {
        keys[variable] = key
    }

    /// Adds a problem of `setting`, a variable or the path of a key.
    /// - Parameter reason: the text after the setting's name: "must be true or false".
    mutating func refuse(_ setting: String, _ reason: String) {
        let name = keys[setting] ?? setting
        refuse(at: places[name], "\(name) \(reason)")
    }

    mutating func refuse(at place: Place?, _ text: String) {
        problems.append(Problem(place: place, text: text))
    }

    var isEmpty: Bool { problems.isEmpty }

    /// The problems as `file:line: text`, sorted by file and line; problems without a place come last.
    var lines: [String] {
        problems.enumerated().sorted { a, b in
            guard let left = a.element.place else { return b.element.place == nil && a.offset < b.offset }
            guard let right = b.element.place else { return true }
            return (left.file, left.line, a.offset) < (right.file, right.line, b.offset)
        }
        .map { _, problem in
            problem.place.map { "\($0.file):\($0.line): \(problem.text)" } ?? problem.text
        }
    }
}
