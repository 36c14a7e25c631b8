import Testing

@testable import ultractl

/// The parts of the line editor that need no terminal.
@Suite(.timeLimit(.minutes(1)))
struct LineEditorTests {
    static let keys: [(String, [Key])] = [
        ("ab", [.text("ab")]), ("é猫👩‍👩‍👧", [.text("é猫👩‍👩‍👧")]), ("\r", [.enter]), ("\n", [.newline]),
        ("\u{1B}\r", [.newline]), ("\u{7F}\u{8}", [.backspace, .backspace]),
        ("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}", [.home, .left, .interrupt, .endOfInput, .end, .right]),
        (
            "\u{B}\u{C}\u{E}\u{10}\u{15}\u{17}\u{19}\u{1A}\t",
            [.eraseToEnd, .clearScreen, .down, .up, .eraseToStart, .eraseWord, .yank, .suspend, .tab]
        ),
        ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
        ("\u{1B}OA\u{1B}OH\u{1B}OF", [.up, .home, .end]),
        ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~", [.home, .end, .home, .end, .home, .end]),
        ("\u{1B}[3~\u{1B}[5~\u{1B}[6~", [.delete, .pageUp, .pageDown]),
        (
            "\u{1B}[1;5C\u{1B}[1;3D\u{1B}b\u{1B}f\u{1B}\u{7F}",
            [.wordRight, .wordLeft, .wordLeft, .wordRight, .eraseWord]
        ),
        ("\u{1B}[24~\u{1B}[?1;2cx", [.other, .other, .text("x")]),
        ("a\u{1B}[200~b\rc\u{1B}[D\u{1B}[201~d", [.text("a"), .paste("b\rc\u{1B}[D"), .text("d")]),
        ("\u{1B}[200~\u{1B}[201~", [.paste("")]),
    ]

    @Test("bytes give the same keys wherever the reads split them", arguments: keys, [1, 2, 3, 5, 100])
    func decode(_ row: (bytes: String, keys: [Key]), _ chunk: Int) {
        var decoder = KeyDecoder()
        var keys: [Key] = []
        let bytes = Array(row.bytes.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            for key in decoder.feed(bytes[start..<min(bytes.count, start + chunk)]) {
                if case .text(let text) = key, case .text(let before)? = keys.last {
                    keys[keys.count - 1] = .text(before + text)
                } else {
                    keys.append(key)
                }
            }
        }
        #expect(keys == row.keys)
        #expect(decoder.flush() == [])
    }

    @Test(
        "an unfinished sequence is a key, or discarded",
        arguments: [([0x1B] as [UInt8], [Key.escape]), ([0x1B, 0x5B], [.other]), ([0xE7, 0x8C], [.text("\u{FFFD}")])])
    func flush(_ bytes: [UInt8], _ keys: [Key]) {
        var decoder = KeyDecoder()
        #expect(decoder.feed(bytes) == [])
        #expect(decoder.isWaiting)
        #expect(decoder.flush() == keys)
        #expect(!decoder.isWaiting)
    }

    @Test(
        "each invalid byte becomes one U+FFFD",
        arguments: [[0xFF], [0xE7, 0x41], [0xC3, 0x28], [0x80]] as [[UInt8]])
    func invalid(_ bytes: [UInt8]) {
        var decoder = KeyDecoder()
        #expect(
            decoder.feed(bytes + Array("x".utf8)).first
                == .text("\u{FFFD}" + (bytes.last.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "" } ?? "") + "x"))
    }

    /// A text, the keys, and the text after them; `|` marks the cursor.
    static let edits: [(String, [Key], String)] = [
        ("|", [.text("ab"), .left, .text("x")], "ax|b"), ("猫犬|", [.backspace], "猫|"),
        ("👩‍👩‍👧e\u{301}|", [.backspace], "👩‍👩‍👧|"),
        ("|👩‍👩‍👧x", [.delete], "|x"), ("e|", [.text("\u{301}")], "e\u{301}|"),
        ("|", [.backspace, .delete, .left, .right], "|"),
        ("one two|", [.wordLeft], "one |two"), ("one, |two", [.wordLeft], "|one, two"),
        ("|one two", [.wordRight, .wordRight], "one two|"),
        ("one two|", [.eraseWord], "one |"), ("one two  |x", [.eraseWord, .yank, .yank], "one two  two  |x"),
        ("a\nbc|d", [.home], "a\n|bcd"), ("a\n|bcd", [.end, .text("!")], "a\nbcd!|"),
        ("ab\ncd|e", [.eraseToStart], "ab\n|e"), ("ab\n|e", [.eraseToStart], "ab|e"),
        ("a|b\nc", [.eraseToEnd], "a|\nc"),
        ("a|\nc", [.eraseToEnd, .yank], "a\n|c"), ("abc\nd|", [.up], "a|bc\nd"), ("abc|\nd", [.down], "abc\nd|"),
        ("a\nbcd|", [.up], "a|\nbcd"), ("a|", [.newline, .text("b")], "a\nb|"),
        ("|", [.paste("a\r\nb\rc\u{1B}[2J\td")], "a\nb\nc[2J\td|"), ("ab|c", [.other, .pageUp], "ab|c"),
    ]

    @Test("edits", arguments: edits)
    func edit(_ start: String, _ keys: [Key], _ end: String) {
        var buffer = Self.buffer(start)
        for key in keys { _ = buffer.apply(key) }
        #expect(buffer.before + "|" + buffer.after == end)
    }

    static func buffer(_ marked: String) -> EditBuffer {
        let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
        var buffer = EditBuffer(String(parts[0]) + parts[1])
        for _ in 0..<parts[1].count { _ = buffer.apply(.left) }
        return buffer
    }

    @Test("up on the first line and down on the last are left to the editor", arguments: ["ab|", "|a\nb"])
    func edges(_ start: String) {
        var buffer = Self.buffer(start)
        let isAtTop = !buffer.apply(.up)
        #expect(isAtTop)
        _ = buffer.apply(.down)
        let isAtBottom = !buffer.apply(.down)
        #expect(isAtBottom)
    }

    @Test("a backslash at the end continues the line", arguments: [("a\\|", true), ("a|\\", false), ("a|", false)])
    func continuation(_ start: String, _ goesOn: Bool) {
        var buffer = Self.buffer(start)
        let did = buffer.continueLine()
        #expect(did == goesOn)
        if goesOn { #expect(buffer.text == "a\n") }
    }

    @Test(
        "rows are at most as wide as the terminal, and contain the cursor",
        arguments: [
            ("abc|", ["> abc"], 0, 5), ("abcdefgh|", ["> abcdefgh", ""], 1, 0), ("abcdefg|h", ["> abcdefgh"], 0, 9),
            ("abcdefgh|i", ["> abcdefgh", "i"], 1, 0), ("猫猫猫猫|", ["> 猫猫猫猫", ""], 1, 0),
            ("a猫猫猫|猫b", ["> a猫猫猫", "猫b"], 0, 9), ("a\nb|", ["> a", ". b"], 1, 3), ("|", [">"], 0, 2),
            ("a\n|", ["> a", "."], 1, 2), ("\t|x", [">     x"], 0, 6),
        ])
    func layout(_ text: String, _ rows: [String], _ row: Int, _ column: Int) {
        let layout = LineLayout(Self.buffer(text), prompt: "> ", continuation: ". ", columns: 10)
        #expect(layout.rows.map { ($0.prompt + $0.text).trimmingTrailingBlanks() } == rows)
        #expect(layout.cursorRow == row)
        #expect(layout.cursorColumn == column)
        #expect(layout.rows.allSatisfy { $0.columns <= 10 })
    }

    @Test("if rows do not fit, a window with the cursor is shown", arguments: 0..<9)
    func window(_ position: Int) {
        let lines = (0..<9).map { "\($0)" }
        var buffer = EditBuffer(lines.joined(separator: "\n"))
        for _ in position..<8 { _ = buffer.apply(.up) }
        let part = LineLayout(buffer, prompt: "", continuation: "", columns: 10).window(4)
        #expect(part.rows.count == 4)
        #expect(part.rows[part.cursorRow].text == "\(position)")
    }

    @Test(
        "the row of the cursor after the terminal has wrapped its rows again",
        arguments: [(10, 1), (5, 3), (4, 4), (20, 1)])
    func reflow(_ columns: Int, _ row: Int) {
        let layout = LineLayout(Self.buffer("abcdefghijklmno|"), prompt: "> ", continuation: ". ", columns: 10)
        #expect(layout.cursorRow(at: columns) == row)
    }

    @Test("history steps back and forth, and returns to the draft")
    func history() {
        var kept: [String] = []
        var history = History(["a", "b"]) { kept.append($0) }
        #expect(history.newer() == nil)
        #expect(history.older(than: "draft") == "b")
        #expect(history.older(than: "b") == "a")
        #expect(history.older(than: "a") == nil)
        #expect(history.newer() == "b")
        #expect(history.newer() == "draft")
        #expect(history.newer() == nil)
        for text in ["c", "c", "", " secret", "d"] { history.append(text) }
        #expect(history.entries == ["a", "b", "c", "d"])
        #expect(kept == ["c", "d"])
        for number in 0..<2000 { history.append("\(number)") }
        #expect(history.entries.count == History.limit)
    }

    @Test("an entry is one line of the file", arguments: ["a", "a\nb", "\\n", "a\\\n\\b", "猫\\", ""])
    func line(_ text: String) {
        #expect(!History.line(text).contains("\n"))
        #expect(History.text(History.line(text)) == text)
    }

    @Test(
        "a line is a message or a command",
        arguments: [
            ("hi", ChatCommand.message("hi")), ("//etc", .message("/etc")), (" /model", .message(" /model")),
            ("/model", .model(nil)),
            ("/model  a/b ", .model("a/b")), ("/system be brief\nand kind", .system("be brief\nand kind")),
            ("/file", .incomplete("/file")), ("/file a b.txt", .file("a b.txt")), ("/save x", .save("x")),
            ("/clear", .clear), ("/exit", .quit), ("/modle x", .unknown("/modle", nearest: "/model")),
            ("/nothing", .unknown("/nothing", nearest: nil)),
        ])
    func command(_ line: String, _ command: ChatCommand) {
        #expect(ChatCommand(line) == command)
    }

    @Test(
        "commands and models are completed",
        arguments: [
            ("/s", ["/system ", "/save ", "/stats"]), ("/cl", ["/clear"]),
            ("/model o", ["/model openai/a", "/model openai/b"]),
            ("/model x", []), ("hello", []), ("/file ", []),
        ])
    func complete(_ beginning: String, _ expected: [String]) {
        #expect(ChatCommand.completions(of: beginning) { ["mock/echo", "openai/a", "openai/b"] } == expected)
    }
}
