internal import UltraAPI

/// Parses the header lines that libcurl delivers, one per call.
///
/// Each status line starts a new head (`100 Continue`, a proxy's reply to CONNECT); lines after the final head are
/// trailers and ignored.
struct HTTPHeadParser {
    /// The final head; nil until it is complete.
    private(set) var head: HTTPHead?
    /// Bytes received, interim heads and trailers included.
    private(set) var byteCount = 0
    private var status = 0
    private var headers: [HTTPHeader] = []

    /// Receives one line. False if it is a malformed status line.
    mutating func receive(_ line: UnsafeRawBufferPointer) -> Bool {
        byteCount += line.count
        guard head == nil else { return true }
        let line = line.trimmedOfWhiteSpace
        if line.isEmpty {
            if status >= 200 { head = HTTPHead(status: status, headers: headers) }
            return true
        }
        if line.starts(with: "HTTP/".utf8) {
            headers.removeAll(keepingCapacity: true)
            headers.reserveCapacity(16)
            guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return false }
            let digits = line[(space + 1)...].prefix(3)
            status = digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
            return true
        }
        // libcurl let a line without a colon pass; it is no reason to fail the reply.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let name = String(unsafeUninitializedCapacity: colon) { name in
            for index in 0..<colon {
                name.initializeElement(at: index, to: line[index] | (0x41...0x5a ~= line[index] ? 0x20 : 0))
            }
            return colon
        }
        let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmedOfWhiteSpace
        headers.append(HTTPHeader(name, String(decoding: value, as: UTF8.self)))
        return true
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var trimmedOfWhiteSpace: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start] <= 0x20 { start += 1 }
        while end > start, self[end - 1] <= 0x20 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }
}
