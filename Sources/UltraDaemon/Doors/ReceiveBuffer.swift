internal import UltraSystem

/// The buffer that every connection reads into: one suffices, since its content is moved on before the next read.
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
