internal import UltraAPI

/// The words of a request, to see whether a provider's sentence repeats any of them.
struct PromptText: Sendable {
    /// Characters in a row that must not be the same. Compared are bytes, so that a run of longer characters is found
    /// sooner.
    static let runLength = 12
    /// Of a longer request nothing is compared: it counts as repeated.
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

    /// Whether `sentence` and the request share `runLength` bytes in a row, however they are spaced and whatever the
    /// case of their letters.
    func sharesRun(with sentence: String) -> Bool {
        guard texts.reduce(0, { $0 + $1.utf8.count }) <= Self.limitBytes else { return true }
        let words = Self.folded(sentence)
        guard words.count >= Self.runLength else { return false }
        var runs: Set<Run> = []
        Self.forEachRun(words) { run in
            runs.insert(run)
            return false
        }
        return texts.contains { Self.forEachRun(Self.folded($0), runs.contains) }
    }

    /// `runLength` bytes.
    private struct Run: Hashable {
        var high: UInt32 = 0
        var low: UInt64 = 0

        mutating func append(_ byte: UInt8) {
            high = high << 8 | UInt32(truncatingIfNeeded: low >> 56)
            low = low << 8 | UInt64(byte)
        }
    }

    /// Lower-case ASCII, one space for any white space.
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

    /// Hands over each run of `bytes` until `body` returns true; returns whether it did.
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
