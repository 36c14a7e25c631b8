internal import Glibc
internal import UltraSystem

/// What systemd handed over in `$CREDENTIALS_DIRECTORY` (`LoadCredential=`); it alone can be read there.
struct Credentials {
    private let folder: String?
    private let files: FileAccess
    /// The file that holds what goes by a name.
    private var found: [String: String] = [:]

    /// - Parameter known: every name there may be. `LoadCredential=ID:FOLDER` names the files of a folder
    ///   `ID_openai_api_key`, so that a file could end in several of them: it belongs to the longest, and a key reaches
    ///   no other provider.
    init(_ folder: String?, _ files: FileAccess, known: [String]) {
        self.folder = folder
        self.files = files
        guard let folder else { return }
        // An empty or vanished directory holds no credentials.
        for file in ((try? files.names(folder)) ?? []).sorted() {
            let names = known.filter { file == $0 || file.hasSuffix("_\($0)") }
            guard let name = names.max(by: { $0.utf8.count < $1.utf8.count }) else { continue }
            // One that bears the name itself comes before one of a folder.
            if found[name] == nil || file == name { found[name] = file }
        }
    }

    /// The first of `wanted` there is, and what to call it.
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
