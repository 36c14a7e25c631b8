internal import Glibc
package import UltraSystem

/// How configuration reads files: the system's, or a test's.
package struct FileAccess: Sendable {
    package var read: @Sendable (_ path: String) throws(SystemError) -> FileContents
    package var names: @Sendable (_ folder: String) throws(SystemError) -> [String]

    package init(
        read: @escaping @Sendable (_ path: String) throws(SystemError) -> FileContents,
        names: @escaping @Sendable (_ folder: String) throws(SystemError) -> [String] = { _ throws(SystemError) in [] }
    ) {
        self.read = read
        self.names = names
    }

    package static let system = FileAccess(
        read: { path throws(SystemError) in try FileContents.read(path) },
        names: { folder throws(SystemError) in try FileContents.names(in: folder) })

    /// The text of a file; `nil` if it is absent, which is a problem only if it `mustExist`.
    func text(_ path: String, mustExist: Bool, _ problems: inout Problems) -> String? {
        do throws(SystemError) {
            guard let text = String(validating: try read(path).bytes, as: UTF8.self) else {
                problems.refuse(at: nil, "\(path) is not UTF-8")
                return nil
            }
            return text
        } catch {
            if mustExist || ![ENOENT, ENOTDIR].contains(error.code) {
                problems.refuse(at: nil, "\(path) cannot be read: \(String(cString: strerror(error.code)))")
            }
            return nil
        }
    }
}
