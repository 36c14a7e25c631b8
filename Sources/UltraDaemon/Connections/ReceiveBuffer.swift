internal import UltraSystem

/// Where every connection reads into: one for all, since what is read is moved on before the next read.
@Loop
final class ReceiveBuffer {
    private let space: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        space = .allocate(byteCount: byteCount, alignment: 16)
    }

    isolated deinit {
        space.deallocate()
    }

    func withUnsafe<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        body(space)
    }
}
