/// Extracts a request's body from the client's bytes.
struct RequestBody {
    private enum Progress { case bytesLeft(Int), chunkSize, chunk(bytesLeft: Int), trailer, done }

    private(set) var bytes: [UInt8] = []
    private var progress: Progress

    init(_ length: RequestHead.BodyLength) {
        switch length {
        case .none: progress = .done
        case .bytes(let count): progress = .bytesLeft(count)
        case .chunked: progress = .chunkSize
        }
    }

    var isComplete: Bool {
        if case .done = progress { true } else { false }
    }

    /// Moves the bytes of the body from the front of `input`.
    mutating func take(from input: inout [UInt8]) throws(MalformedRequest) {
        while true {
            switch progress {
            case .done: return
            case .bytesLeft(let left):
                let taken = move(left, from: &input)
                progress = taken == left ? .done : .bytesLeft(left - taken)
                if taken < left { return }
            case .chunkSize:
                guard let line = takeLine(from: &input) else { return }
                guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw MalformedRequest() }
                progress = size == 0 ? .trailer : .chunk(bytesLeft: size)
            case .chunk(0):
                guard let line = takeLine(from: &input) else { return }
                guard line.isEmpty else { throw MalformedRequest() }
                progress = .chunkSize
            case .chunk(let left):
                let taken = move(left, from: &input)
                progress = .chunk(bytesLeft: left - taken)
                if taken < left { return }
            case .trailer:
                guard let line = takeLine(from: &input) else { return }
                if line.isEmpty { progress = .done }
            }
        }
    }

    private mutating func move(_ count: Int, from input: inout [UInt8]) -> Int {
        let taken = min(count, input.count)
        bytes += input.prefix(taken)
        input.removeFirst(taken)
        return taken
    }

    private func takeLine(from input: inout [UInt8]) -> String? {
        guard let end = input.indices.dropLast().first(where: { input[$0] == 13 && input[$0 + 1] == 10 }) else {
            return nil
        }
        defer { input.removeFirst(end + 2) }
        return String(decoding: input[..<end], as: UTF8.self)
    }
}
