import Glibc
import UltraAPI

/// What all events of a stream have in common that bring text and nothing else: everything but the text.
///
/// Providers wrap every few letters in the same two hundred bytes. Two events in a row that differed in one string
/// only, and of which the adapter made just that text, show the bytes around it; an event that begins and ends with
/// them is text again, for what an adapter makes of an event depends on its bytes alone, and never on what a text
/// says. Only the string is read then.
struct TextTemplate: Sendable {
    /// The last event that was one text; its bytes around the text are the template.
    private var sample: [UInt8] = []
    /// The text that the adapter made of it.
    private var sampleText = ""
    /// Bytes of `sample` up to its text, the quote included; nil: nothing is known to repeat.
    private var openingCount: Int?
    /// Bytes of `sample` after its text, from the quote on.
    private var closingCount = 0
    /// Attempts to learn since something fitted.
    private var futileAttempts = 0

    /// Longer events are not worth a copy.
    private static let sampleLimitBytes = 2048
    /// A stream in which every event is different in more than its text is read as it comes.
    private static let futileAttemptLimit = 8

    /// The text of `json`, if it fits.
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
        // With its quotes.
        let string = UnsafeRawBufferPointer(rebasing: json[(openingCount - 1)...(json.count - closingCount)])
        futileAttempts = 0
        return JSONReader.text(of: string)
    }

    /// The adapter made `text`, and nothing else, of `json`.
    mutating func learn(_ json: UnsafeRawBufferPointer, _ text: String) {
        guard futileAttempts < Self.futileAttemptLimit, json.count <= Self.sampleLimitBytes else { return }
        // The same again says nothing of what may differ.
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

    /// Bytes before and after the one string in which two events differ; nil: they differ otherwise, or the string is
    /// not the text of both: another member may equal the text of one.
    private static func difference(
        between first: UnsafeRawBufferPointer, _ firstText: String, and second: UnsafeRawBufferPointer, _ text: String
    ) -> (opening: Int, closing: Int)? {
        let shorter = min(first.count, second.count)
        var same = 0
        while same < shorter, first[same] == second[same] { same += 1 }
        guard same < shorter else { return nil }
        // The texts may begin alike.
        var opening = same
        while opening > 0, second[opening - 1] != UInt8(ascii: "\"") { opening -= 1 }
        guard opening > 0, let end = end(of: opening, in: second), let otherEnd = Self.end(of: opening, in: first),
            second.count - end == first.count - otherEnd, first[otherEnd...].elementsEqual(second[end...]),
            JSONReader.text(of: UnsafeRawBufferPointer(rebasing: second[(opening - 1)...end])) == text,
            JSONReader.text(of: UnsafeRawBufferPointer(rebasing: first[(opening - 1)...otherEnd])) == firstText
        else { return nil }
        return (opening, second.count - end)
    }

    /// Index of the quote that ends the string which begins at `start`.
    private static func end(of start: Int, in json: UnsafeRawBufferPointer) -> Int? {
        var index = start
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < json.count ? index : nil
    }
}
