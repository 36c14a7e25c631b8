/// What is wrong with the settings, each with its place where it has one.
struct Problems {
    struct Place: Equatable {
        var file: String
        var line: Int
    }

    private struct Problem {
        var place: Place?
        var text: String
    }

    /// Where each setting was read: by variable, or by the path of the key (`limits.frame_bytes`).
    private(set) var places: [String: Place] = [:]
    /// The key behind a variable that was filled from the file.
    private var keys: [String: String] = [:]
    private var problems: [Problem] = []

    mutating func note(_ setting: String, at place: Place) {
        places[setting] = place
    }

    /// What is said of `variable` is meant for `key`.
    mutating func attribute(_ variable: String, to key: String) {
        keys[variable] = key
    }

    /// `reason` follows the setting's name: "must be true or false".
    mutating func refuse(_ setting: String, _ reason: String) {
        let name = keys[setting] ?? setting
        refuse(at: places[name], "\(name) \(reason)")
    }

    mutating func refuse(at place: Place?, _ text: String) {
        problems.append(Problem(place: place, text: text))
    }

    var isEmpty: Bool { problems.isEmpty }

    /// `file:line: text`, in the order of the lines; those without a place come last.
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
