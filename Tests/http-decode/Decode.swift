import Glibc
import UltraDialects

/// Reads cases from standard input, each a 32-bit little-endian length and that many bytes, and writes one line for
/// each: `refused STATUS`, `incomplete`, or `METHOD HEX(target) VERSION HEX(body) HEX(name)=HEX(value)…` of the first
/// request.
@main
struct Decode {
    static func main() {
        while let length = read(4).map({ $0.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } }),
            let bytes = read(length)
        {
            print(describe(bytes))
            fflush(nil)
        }
    }

    private static func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(0, $0.baseAddress?.advanced(by: filled), count - filled)
            }
            guard more > 0 else { return nil }
            filled += more
        }
        return bytes
    }

    private static func describe(_ bytes: [UInt8]) -> String {
        var decoder = HTTPRequestDecoder()
        bytes.withUnsafeBytes { decoder.append($0) }
        var body: [UInt8] = []
        var head: HTTPRequestHead?
        do throws(HTTPRefusal) {
            while let event = try decoder.next(appendingTo: &body) {
                switch event {
                case .head(let new): head = new
                case .end: if let head { return describe(head, body) }
                }
            }
        } catch {
            return "refused \(error.status)"
        }
        return "incomplete"
    }

    private static func describe(_ head: HTTPRequestHead, _ body: [UInt8]) -> String {
        let target = head.path + (head.query.map { "?\($0)" } ?? "")
        let fields = head.rawFields.map { " \(hex($0.name))=\(hex($0.value))" }.joined()
        return "\(head.method.rawValue) \(hex(target.utf8)) 1.\(head.minorVersion) \(hex(body))\(fields)"
    }

    private static func hex(_ bytes: some Collection<UInt8>) -> String {
        bytes.isEmpty ? "-" : bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
