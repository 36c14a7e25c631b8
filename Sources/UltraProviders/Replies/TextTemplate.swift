import Glibc
import UltraAPI

/// The bytes that all text events of a stream have in common, around the text itself.
///
/// Providers wrap every few characters of text in the same 200 bytes or so. The template is learnt from two consecutive
/// events that differ in one string only and that the adapter decoded to exactly that text. A later event with the same
/// bytes around its string must be a text event too: an adapter's result depends only on the bytes of the event, and
/// never on what the text says. Decoding it needs only the string.
struct TextTemplate: Sendable {
    /// The last event that was a single text. The bytes around its text are the template.
    private var sample: [UInt8] = []
    /// The text that the adapter decoded from `sample`.
    private var sampleText = ""
    /// The number of bytes of `sample` before its text, including the quote; nil if there is no template.
    private var openingCount: Int?
    /// The number of bytes of `sample` after its text, including the quote.
    private var closingCount = 0
    /// The number of attempts to learn since an event last matched.
    private var futileAttempts = 0

    /// Longer events are not stored.
    private static let sampleLimitBytes = 2048
    /// The number of failed attempts after which learning stops, for streams whose events differ in more than their
    /// text.
    private static let futileAttemptLimit = 8

    /// The text of `json` if it matches the template; nil otherwise.
    mutating func text(of json: UnsafeRawBufferPointer) -> String? {
        guard let openingCount, json.count >= openingCount + closingCount, let start = json.baseAddress else {
            return nil
        }
        let isAlike = sample.withUnsafeBytes { sample in
            guard let known = sample.baseAddress else { return false }
            return memcmp(start, known, openingCount) == 0
                && memcmp(
                    start + (json.count - closingCount), known + (sample.count - closingCount), closingCount) == 0
        }
        guard isAlike else { return nil }
        // Includes the quotes.
        let string = UnsafeRawBufferPointer(rebasing: json[(openingCount - 1)...(json.count - closingCount)])
        futileAttempts = 0
        return JSONReader.text(of: string)
    }

    /// Learns from an event that the adapter decoded to `text` and nothing else.
    mutating func learn(_ json: UnsafeRawBufferPointer, _ text: String) {
        guard futileAttempts < Self.futileAttemptLimit, json.count <= Self.sampleLimitBytes else { return }
        // An identical event does not show which part varies.
        guard !sample.withUnsafeBytes({ $0.elementsEqual(json) }) else { return }
        futileAttempts += 1
        openingCount = nil
        let found = sample.withUnsafeBytes { Self.difference(between: $0, sampleText, and: json, text) }
        if let found {
            openingCount = found.opening
            closingCount = found.closing
        }
        sample.removeAll(keepingCapacity: true)
        sample.append(contentsOf: json)
        sampleText = text
    }

    /// The number of bytes before and after the only string in which two events differ. Nil if they differ elsewhere,
    /// or if the string is not the text of both events (another member may happen to equal the text of one).
    private static func difference(
        between first: UnsafeRawBufferPointer, _ firstText: String, and second: UnsafeRawBufferPointer, _ text: String
    ) -> (opening: Int, closing: Int)? {
        let shorter = min(first.count, second.count)
        var same = 0
        while same < shorter, first[same] == second[same] { same += 1 }
        guard same < shorter else { return nil }
        // The texts may begin with the same characters, so search back for the opening quote.
        var opening = same
        while opening > 0, second[opening - 1] != UInt8(ascii: "\"") { opening -= 1 }
        guard opening > 0, let end = end(of: opening, in: second), let otherEnd = Self.end(of: opening, in: first),
            second.count - end == first.count - otherEnd, first[otherEnd...].elementsEqual(second[end...]),
            JSONReader.text(of: UnsafeRawBufferPointer(rebasing: second[(opening - 1)...end])) == text,
            JSONReader.text(of: UnsafeRawBufferPointer(rebasing: first[(opening - 1)...otherEnd])) == firstText
        else { return nil }
        return (opening, second.count - end)
    }

    /// The index of the quote that closes the string whose content begins at `start`.
    private static func end(of start: Int, in json: UnsafeRawBufferPointer) -> Int? {
        var index = start
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < json.count ? index : nil
    }
}
