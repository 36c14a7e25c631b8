/// The writes and pauses with which a connection plays a script, after framing, cutting and splitting.
struct AnswerPlan {
    enum Action {
        case write([UInt8])
        /// A write that must not be merged with the next: the thread turns once in between.
        case writeAlone([UInt8])
        case wait(Gate)
        case delay(milliseconds: Int)
        case close
        case reset
        case hang
        case finish(Script.Afterwards)
    }

    private(set) var actions: [Action] = []

    private let script: Script
    private let omitsBody: Bool
    private var sentHead = false
    private var sentEnd = false
    private var ended = false
    private var bodyBytes = 0
    private var wireBytes = 0

    /// - Parameter omitsBody: True for a HEAD request.
    init(_ script: Script, omitsBody: Bool) {
        self.script = script
        self.omitsBody = omitsBody
        for step in script.body { add(step) }
        guard !ended else { return }
        add(.end)
        finish()
    }

    private mutating func add(_ step: Step) {
        guard !ended else { return }
        switch step {
        case .head: addHead()
        case .chunk(let bytes): addChunk(bytes)
        case .send(let bytes): write(bytes)
        case .wait(let gate): actions.append(.wait(gate))
        case .delay(let milliseconds): actions.append(.delay(milliseconds: milliseconds))
        case .repeat(let count, let steps): addRepeated(count, steps)
        case .end:
            addHead()
            guard !sentEnd else { return }
            sentEnd = true
            if script.framing == .chunked, !omitsBody { write(Array("0\r\n\r\n".utf8)) }
        case .close: stop(.close)
        case .reset: stop(.reset)
        case .hang: stop(.hang)
        }
    }

    private mutating func addRepeated(_ count: Int, _ steps: [Step]) {
        var before = 0
        for round in 0..<count {
            guard !ended else { return }
            // A plan that is neither cut nor split repeats the same bytes in every round after the head: keep one copy
            // of them.
            if round == 2, script.cut == nil, script.splitting == .none {
                let repeated = Array(actions[before...])
                for _ in round..<count { actions += repeated }
                return
            }
            before = actions.count
            for step in steps { add(step) }
        }
    }

    private mutating func finish() {
        guard !ended else { return }
        stop(script.framing == .untilClose ? .close : .finish(script.afterwards))
    }

    private mutating func stop(_ action: Action) {
        actions.append(action)
        ended = true
    }

    private mutating func addHead() {
        guard !sentHead else { return }
        sentHead = true
        var head = "HTTP/1.1 \(script.status) \(reason(of: script.status))\r\n"
        for (name, value) in script.headers { head += "\(name): \(value)\r\n" }
        switch script.framing {
        case .chunked: head += "Transfer-Encoding: chunked\r\n"
        case .length: head += "Content-Length: \(AnswerPlan.length(of: script.body))\r\n"
        case .declaredLength(let length): head += "Content-Length: \(length)\r\n"
        case .untilClose: head += "Connection: close\r\n"
        }
        if script.afterwards == .close, script.framing != .untilClose { head += "Connection: close\r\n" }
        write(Array((head + "\r\n").utf8))
    }

    private mutating func addChunk(_ bytes: [UInt8]) {
        addHead()
        guard !omitsBody, !ended else { return }
        var bytes = bytes
        var isCut = false
        if let cut = script.cut, cut.unit == .body, bodyBytes + bytes.count >= cut.offset {
            bytes = Array(bytes.prefix(cut.offset - bodyBytes))
            isCut = true
        }
        bodyBytes += bytes.count
        if !bytes.isEmpty {
            let isChunked = script.framing == .chunked
            write(isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10] : bytes)
        }
        if isCut { stop(script.cut?.resets == true ? .reset : .close) }
    }

    private mutating func write(_ bytes: [UInt8]) {
        guard !ended else { return }
        var bytes = bytes
        var isCut = false
        if let cut = script.cut, cut.unit == .wire, wireBytes + bytes.count >= cut.offset {
            bytes = Array(bytes.prefix(cut.offset - wireBytes))
            isCut = true
        }
        split(bytes)
        wireBytes += bytes.count
        if isCut { stop(script.cut?.resets == true ? .reset : .close) }
    }

    private mutating func split(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var start = 0
        func piece(to end: Int) {
            actions.append(.writeAlone(Array(bytes[start..<end])))
            start = end
        }
        switch script.splitting {
        case .none: actions.append(.write(bytes))
        case .every(let size):
            while start < bytes.count {
                piece(to: min(bytes.count, start + size - (wireBytes + start) % size))
            }
        case .at(let offsets):
            for offset in offsets.sorted() where offset > wireBytes + start && offset < wireBytes + bytes.count {
                piece(to: offset - wireBytes)
            }
            piece(to: bytes.count)
        }
    }

    private static func length(of steps: [Step]) -> Int {
        steps.reduce(0) { sum, step in
            switch step {
            case .chunk(let bytes): sum + bytes.count
            case .repeat(let count, let steps): sum + count * length(of: steps)
            default: sum
            }
        }
    }
}

private func reason(of status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 529: "Overloaded"
    default: "Status \(status)"
    }
}
