internal import UltraAPI

/// The text of a request, to detect whether a provider's error message quotes it.
struct PromptText: Sendable {
    /// The number of consecutive equal bytes that count as a quotation.
    static let runLength = 12
    /// A longer request is not compared; every message counts as a quotation of it.
    static let limitBytes = 1 << 20

    private let texts: [String]

    init(_ texts: [String]) {
        self.texts = texts
    }

    init(_ request: Request) {
        var texts: [String] = []
        for message in request.messages {
            for part in message.parts {
                switch part {
                case .text(let text), .imageURL(let text), .reasoning(let text, _): texts.append(text)
                case .document(let document):
                    if let name = document.name { texts.append(name) }
                    if case .url(let url) = document.source { texts.append(url) }
                case .imageData, .cacheMarker: break
                }
            }
            for call in message.toolCalls { texts += [call.name, call.arguments] }
        }
        for tool in request.tools {
            texts += [tool.name, tool.description ?? ""]
            if let parameters = tool.parameters { texts.append(String(decoding: parameters.bytes, as: UTF8.self)) }
        }
        texts += request.sampling.stop
        self.texts = texts
    }

    init(_ request: EmbedRequest) {
        texts = request.input
    }

    /// True if `message` and the request share `runLength` consecutive bytes, ignoring the case of ASCII letters and
    /// the amount of white space.
    func sharesRun(with message: String) -> Bool {
        guard texts.reduce(0, { $0 + $1.utf8.count }) <= Self.limitBytes else { return true }
        let words = Self.folded(message)
        guard words.count >= Self.runLength else { return false }
        var runs: Set<Run> = []
        Self.forEachRun(words) { run in
            runs.insert(run)
            return false
        }
        return texts.contains { Self.forEachRun(Self.folded($0), runs.contains) }
    }

    /// The last `runLength` bytes, 12, in one hashable value.
    private struct Run: Hashable {
        var high: UInt32 = 0
        var low: UInt64 = 0

        mutating func append(_ byte: UInt8) {
            high = high << 8 | UInt32(truncatingIfNeeded: low >> 56)
            low = low << 8 | UInt64(byte)
        }
    }

    /// Converts ASCII letters to lower case, and each run of control characters and spaces to one space.
    private static func folded(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x00...0x20: if bytes.last != 0x20 { bytes.append(0x20) }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// Calls `body` with each run of `bytes` until it returns true.
    /// - Returns: true if `body` returned true.
    @discardableResult
    private static func forEachRun(_ bytes: [UInt8], _ body: (Run) -> Bool) -> Bool {
        var run = Run()
        for (index, byte) in bytes.enumerated() {
            run.append(byte)
            if index + 1 >= runLength, body(run) { return true }
        }
        return false
    }
}
