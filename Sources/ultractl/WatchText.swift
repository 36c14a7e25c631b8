/// Events for a person: the time, what it is about, what happened.
struct WatchText {
    let style: Style
    let now: Timestamp

    func line(_ subject: String, _ what: String) -> String {
        "\(style.dim(now.clock))  \(style.bold(oneLine(subject)))  \(what)\n"
    }

    /// A line for the models, and one for each provider that is not well.
    func line(_ snapshot: WatchSnapshot) -> String {
        let models = snapshot.models.filter { $0.kind != "other" }
        let count = snapshot.providers.count
        let first = "\(count) provider\(count == 1 ? "" : "s"), \(ModelTable.summary(of: models))"
        return line("ultrad", first)
            + snapshot.providers.filter { $0.state != "available" }
            .map { line($0.id, style.state(oneLine($0.state))) }.joined()
    }

    func line(_ event: WatchEvent) -> String {
        switch event.topic {
        case "health": line(event.model ?? event.provider ?? "?", change(event))
        case "requests": line(event.model ?? "?", request(event))
        default: line(event.topic, oneLine(event.data))
        }
    }

    private func change(_ event: WatchEvent) -> String {
        let states = [event.from, event.to].map { style.state(oneLine($0 ?? "?")) }.joined(separator: " → ")
        return states + (event.reason.map { "  \(style.dim(oneLine($0)))" } ?? "")
    }

    private func request(_ event: WatchEvent) -> String {
        let number = event.request.map { "request \($0)" } ?? "request"
        let uid = event.uid.map { "(uid \($0))" }
        let time = event.milliseconds.map { Quantity.duration(milliseconds: $0) }
        let what =
            switch (event.phase, event.error) {
            case ("ended", let error?): [number, style.red(oneLine(error)), time.map { "after \($0)" }, uid]
            case ("ended", nil): [number, style.green("done"), time.map { "in \($0)" }, uid]
            case ("began", _): [number, "began", uid]
            default: [number, event.phase.map(oneLine), uid]
            }
        return what.compactMap(\.self).joined(separator: " ")
    }
}
