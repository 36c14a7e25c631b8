/// Encodes frames for one peer in place into one buffer of unsent bytes.
package struct FrameWriter: Sendable {
    /// The unsent bytes, in order.
    package private(set) var bytes: [UInt8] = []

    /// A larger buffer is freed once everything was sent.
    static let keptCapacityBytes = 8 << 10

    let maxFrameBytes: Int
    /// The start of each text frame of request `textOpeningID`, with the length left open.
    private var textOpening: [UInt8] = []
    private var textOpeningID = 0

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    /// Empties the buffer, all of which was sent.
    /// - Parameter expectingMore: keeps even a large buffer, since growing one for each burst costs more than the burst.
    package mutating func removeAll(expectingMore: Bool) {
        bytes.removeAll(keepingCapacity: expectingMore || bytes.capacity <= Self.keptCapacityBytes)
    }

    /// Removes bytes that were sent.
    package mutating func removeFirst(_ count: Int) {
        bytes.removeFirst(count)
    }

    /// Adds bytes that are no frame, such as an HTTP response.
    package mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds the frame `{"id":id,"event":event,…}` with the members that `write` adds. A frame beyond the length limit
    /// is replaced by an error, which is terminal too.
    package mutating func frame(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void = { _ in }) {
        limit(encode(id, event, write), id)
    }

    /// Adds a frame within the length limit; returns false, and adds nothing, where it is longer.
    mutating func attempt(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Bool {
        let length = encode(id, event, write)
        guard length > maxFrameBytes else { return true }
        bytes.removeLast(4 + length)
        return false
    }

    /// Adds a `delta` of text, byte for byte as `frame` would. A fast path: nearly every frame is one.
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
    /// At least the length of a text frame without its text.
    private static let openingBytes = 600

    /// True if `text` fits into one frame even when every byte is escaped.
    private func fits(_ text: String) -> Bool {
        text.utf8.count <= maxFrameBytes / Self.escapedLength - Self.openingBytes
    }

    /// Splits `text` into parts that each fit into one frame.
    private func pieces(of text: String) -> [String] {
        guard !fits(text), !text.isEmpty else { return [text] }
        // A limit too small for any text leads to an error for each part.
        let length = max(64, maxFrameBytes / Self.escapedLength - Self.openingBytes)
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            var end = rest.utf8.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex) ?? rest.endIndex
            // Do not split a character.
            while end < rest.endIndex, rest.utf8[end] & 0xC0 == 0x80 { end = rest.utf8.index(before: end) }
            pieces.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return pieces
    }

    /// Replaces the last frame, of `length` bytes, by an error if it is too long.
    private mutating func limit(_ length: Int, _ id: Int) {
        guard length > maxFrameBytes else { return }
        bytes.removeLast(4 + length)
        tooLong(id, length)
    }

    /// From this length on, room for a frame is reserved at once.
    private static let reservedBytes = 64 << 10

    /// Reserves room for a frame with `content` bytes of content, and for the escapes of ordinary text.
    mutating func reserve(_ content: Int) {
        guard content >= Self.reservedBytes else { return }
        bytes.reserveCapacity(bytes.count + content + content / 16 + Self.keptCapacityBytes)
    }

    mutating func tooLong(_ id: Int, _ length: Int) {
        error(
            id,
            UltraError(
                .tooLarge,
                "the answer has \(length) bytes, more than one frame allows (limits.frame_bytes: \(maxFrameBytes))",
                hint: "request less at once, use stream, or raise limits.frame_bytes", provider: "ultrad"))
    }

    /// Appends a frame of any length and returns its length.
    @discardableResult
    mutating func encode(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Int {
        let start = bytes.count
        // The length is patched in below. Written without JSONWriter, because it is on the path of every frame.
        append("\0\0\0\0{\"id\":")
        JSONText.appendDecimal(id, places: 0, to: &bytes)
        append(",\"event\":\"")
        append(event)
        append("\"")
        var json = JSONWriter(continuingObject: take())
        write(&json)
        json.endObject()
        // Swap instead of assigning: a second reference would make the next write copy all unsent bytes.
        swap(&bytes, &json.bytes)
        return setLength(from: start)
    }

    /// Writes the length of the complete frame that begins at `start`, and returns that length.
    private mutating func setLength(from start: Int) -> Int {
        let length = bytes.count - start - 4
        let prefix = UInt32(truncatingIfNeeded: length).bigEndian
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: prefix, toByteOffset: start, as: UInt32.self) }
        return length
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Moves the buffer out, so that a JSONWriter appends to it without a copy.
    private mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Stream frames

extension FrameWriter {
    /// Appends a `start`: the model and provider of a stream.
    package mutating func start(_ id: Int, _ answer: Answer) {
        frame(id, "start") { json in
            json.field("model", answer.model)
            json.field("provider", answer.provider)
            if answer.isMock { json.field("mock", true) }
        }
    }

    /// Adds a `delta`. Events without content add nothing: `done` carries them.
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
                    // Only the first piece carries id and name; `index` identifies the others.
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

    package mutating func progress(_ id: Int, _ progress: RequestProgress) {
        frame(id, "progress") { json in
            json.field("phase", progress.phase.rawValue)
            json.fieldIfPresent("attempt", progress.attempt)
            json.fieldIfPresent("retry_in_ms", progress.retryInMilliseconds)
        }
    }

    /// Voids the answer so far: it begins again, from another model.
    package mutating func restart(_ id: Int) {
        frame(id, "restart")
    }

    package mutating func feed(_ id: Int, _ event: FeedEvent) {
        switch event {
        case .snapshot(let data):
            frame(id, "snapshot") { json in
                json.field("seq", 1)
                json.field("data", data)
            }
        case .event(let sequence, let topic, let data):
            frame(id, "event") { json in
                json.field("seq", sequence)
                json.field("topic", topic)
                json.field("data", data)
            }
        }
    }

    /// `{"id":0,"event":"goaway"}`: this connection accepts no new requests.
    package mutating func goAway(_ reason: String) {
        frame(0, "goaway") { $0.field("reason", reason) }
    }
}
