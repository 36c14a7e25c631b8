internal import Glibc
package import UltraSystem

/// The credentials that systemd passes in `$CREDENTIALS_DIRECTORY` (`LoadCredential=`, systemd.exec(5)).
struct Credentials {
    private let folder: String?
    private let files: FileAccess
    /// The file of each credential, by the credential's name.
    private var found: [String: String] = [:]

    /// - Parameter known: the names of all possible credentials. `LoadCredential=ID:FOLDER` adds a prefix, as in
    ///   `ID_openai_api_key`. A file name that ends in several known names belongs to the longest, so that a key never
    ///   reaches another provider.
    init(_ folder: String?, _ files: FileAccess, known: [String]) {
        self.folder = folder
        self.files = files
        guard let folder else { return }
        // An empty or vanished directory holds no credentials.
        for file in ((try? files.names(folder)) ?? []).sorted() {
            let names = known.filter { file == $0 || file.hasSuffix("_\($0)") }
            guard let name = names.max(by: { $0.utf8.count < $1.utf8.count }) else { continue }
            // A file with exactly the name has precedence over one with a prefix.
            if found[name] == nil || file == name { found[name] = file }
        }
    }

    /// Reads the first existing credential of `wanted`.
    /// - Returns: its text, and its name for error messages; nil: there is none.
    func first(_ wanted: [String], _ problems: inout Problems) -> (name: String, text: String)? {
        guard let folder else { return nil }
        for name in wanted {
            guard let file = found[name] else { continue }
            do throws(SystemError) {
                let text = String(validating: try files.read("\(folder)/\(file)").bytes, as: UTF8.self)
                guard let text, !text.allSatisfy(\.isWhitespace) else {
                    problems.refuse(at: nil, "the credential \(file) holds no key")
                    continue
                }
                return ("the credential \(file)", text)
            } catch {
                problems.refuse(
                    at: nil, "the credential \(file) cannot be read: \(String(cString: strerror(error.code)))")
            }
        }
        return nil
    }
}

/// The file operations of the configuration, which tests replace.
package struct FileAccess: Sendable {
    package var read: @Sendable (_ path: String) throws(SystemError) -> FileContents
    /// Returns the names of the files in a folder.
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

    /// The text of a file. An unreadable file is a problem; an absent one only if it `mustExist`.
    /// - Returns: nil: the file is absent or unreadable.
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
