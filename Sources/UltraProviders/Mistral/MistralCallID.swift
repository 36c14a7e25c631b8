/// Ids of tool calls as Mistral takes them: nine letters and digits of ASCII.
enum MistralCallID {
    private static let length = 9
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `id` if it is one already, else always the same one for it: a call and its result are mapped apart.
    static func of(_ id: String) -> String {
        if id.utf8.count == length, id.utf8.allSatisfy(alphabet.contains) { return id }
        // FNV-1a, then the finishing steps of SplitMix64, since ids often differ in their last byte alone.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        var digits: [UInt8] = []
        for _ in 0..<length {
            digits.append(alphabet[Int(hash % 62)])
            hash /= 62
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
