/// The frames on their way to one peer, encoded in place into one buffer.
package struct FrameWriter: Sendable {
    /// What is to be sent, in order.
    package private(set) var bytes: [UInt8] = []

    /// Capacity that is kept when everything was sent; a burst's buffer is given back.
    static let keptCapacityBytes = 8 << 10

    private let maxFrameBytes: Int
    /// What every frame of text of one request begins with, its length left open.
    private var textOpening: [UInt8] = []
    private var textOpeningID = 0

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    /// Forgets what was sent completely. A large buffer is kept only for more of the same: growing it anew for each
    /// burst costs more than the burst.
    package mutating func removeAll(expectingMore: Bool) {
        bytes.removeAll(keepingCapacity: expectingMore || bytes.capacity <= Self.keptCapacityBytes)
    }

    package mutating func removeFirst(_ count: Int) {
        bytes.removeFirst(count)
    }

    /// Adds bytes that are no frame: an answer in another protocol.
    package mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds the frame `{"id":id,"event":event,…}` with the members `write` adds. A `result` that would be longer than
    /// a frame may be becomes an error, which is as terminal as it.
    package mutating func frame(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void = { _ in }) {
        limit(encode(id, event, write), id)
    }

    /// Adds a frame unless it would be longer than a frame may be; returns whether it was added.
    mutating func attempt(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Bool {
        let length = encode(id, event, write)
        guard length > maxFrameBytes else { return true }
        bytes.removeLast(4 + length)
        return false
    }

    /// Adds a `delta` of text: what nearly every frame is, and the same as `frame` writes.
    package mutating func text(_ id: Int, _ text: String) {
        guard fits(text) else {
            for piece in pieces(of: text) { frame(id, "delta") { $0.field("text", piece) } }
            return
        }
        if id != textOpeningID {
            textOpeningID = id
            textOpening = Array("\0\0\0\0{\"id\":\(id),\"event\":\"delta\",\"text\":".utf8)
        }
        let start = bytes.count
        bytes.append(contentsOf: textOpening)
        JSONText.appendQuoted(text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        limit(setLength(from: start), id)
    }

    /// The longest escape of one byte, `\u00XX`.
    private static let escapedLength = 6
    /// More than what a frame of text holds beside the text.
    private static let openingBytes = 600

    /// Whether `text` fits into one frame, however it is escaped.
    private func fits(_ text: String) -> Bool {
        text.utf8.count <= maxFrameBytes / Self.escapedLength - Self.openingBytes
    }

    /// `text` in parts that each fit into one frame.
    private func pieces(of text: String) -> [String] {
        guard !fits(text), !text.isEmpty else { return [text] }
        // A bound too small for any text gives an error for each part.
        let length = max(64, maxFrameBytes / Self.escapedLength - Self.openingBytes)
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            var end = rest.utf8.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex) ?? rest.endIndex
            // Not within a character's bytes.
            while end < rest.endIndex, rest.utf8[end] & 0xC0 == 0x80 { end = rest.utf8.index(before: end) }
            pieces.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return pieces
    }

    /// Puts an error in the place of a frame of `length` bytes, if it is too long.
    private mutating func limit(_ length: Int, _ id: Int) {
        guard length > maxFrameBytes else { return }
        bytes.removeLast(4 + length)
        error(
            id,
            UltraError(
                .tooLarge,
                "the answer takes \(length) bytes, more than a frame may (limits.frame_bytes: \(maxFrameBytes))",
                hint: "ask for less at once, use stream, or raise limits.frame_bytes", provider: "ultrad"))
    }

    /// Adds a frame of any length, and returns that length.
    @discardableResult
    mutating func encode(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Int {
        let start = bytes.count
        // The length is patched in below. Written by hand, for this is every frame of every stream.
        append("\0\0\0\0{\"id\":")
        JSONText.appendDecimal(id, places: 0, to: &bytes)
        append(",\"event\":\"")
        append(event)
        append("\"")
        var json = JSONWriter(continuingObject: take())
        write(&json)
        json.endObject()
        // Changed places, not copied: a second reference would make the next write copy all that is unsent.
        swap(&bytes, &json.bytes)
        return setLength(from: start)
    }

    /// Writes the length of the frame that begins at `start` and is complete, and returns it.
    private mutating func setLength(from start: Int) -> Int {
        let length = bytes.count - start - 4
        let prefix = UInt32(truncatingIfNeeded: length).bigEndian
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: prefix, toByteOffset: start, as: UInt32.self) }
        return length
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Moves the buffer out, so that the writer appends to it without a copy.
    private mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Stream frames

extension FrameWriter {
    package mutating func start(_ id: Int, _ answer: Answer) {
        frame(id, "start") { json in
            json.field("model", answer.model)
            json.field("provider", answer.provider)
            if answer.isMock { json.field("mock", true) }
        }
    }

    /// A `delta`; events that are no content are told by `done` and add nothing.
    package mutating func event(_ id: Int, _ event: AnswerEvent) {
        switch event {
        case .text(let text): self.text(id, text)
        case .reasoning(let text):
            for piece in pieces(of: text) { frame(id, "delta") { $0.field("reasoning", piece) } }
        case .reasoningSignature(let signature):
            frame(id, "delta") { $0.field("reasoning_signature", signature) }
        case .toolCall(let call):
            for (index, arguments) in pieces(of: call.arguments).enumerated() {
                frame(id, "delta") { json in
                    json.key("tool_call")
                    json.beginObject()
                    json.field("index", call.index)
                    // The first piece says whose arguments the others are.
                    if index == 0 {
                        json.fieldIfPresent("id", call.id)
                        json.fieldIfPresent("name", call.name)
                    }
                    json.field("arguments", arguments)
                    if index == 0 { json.fieldIfPresent("signature", call.signature) }
                    json.endObject()
                }
            }
        case .providerModel, .usage, .finish, .warning:
            break
        }
    }

    /// - Parameters:
    ///   - attempt: counted from 1; with `retryInMilliseconds`, of a request that waits to be sent again.
    package mutating func progress(
        _ id: Int, _ phase: ProgressPhase, attempt: Int? = nil, retryInMilliseconds: Int? = nil
    ) {
        frame(id, "progress") { json in
            json.field("phase", phase.rawValue)
            json.fieldIfPresent("attempt", attempt)
            json.fieldIfPresent("retry_in_ms", retryInMilliseconds)
        }
    }

    /// The answer so far is void: it begins again, from another model.
    package mutating func restart(_ id: Int) {
        frame(id, "restart")
    }

    /// `{"id":0,"event":"goaway"}`: no new requests are taken on this connection.
    package mutating func goAway(_ reason: String) {
        frame(0, "goaway") { $0.field("reason", reason) }
    }
}

/// What a request waits for; the raw values are the wire's words.
package enum ProgressPhase: String, Sendable {
    case queued, connecting, retrying
    case loadingModel = "loading_model"
    case waitingFirstToken = "waiting_first_token"
}
