internal import Glibc
internal import UltraSystem

/// What systemd handed over in `$CREDENTIALS_DIRECTORY` (`LoadCredential=`); it alone can be read there.
struct Credentials {
    private let folder: String?
    private let names: [String]
    private let files: FileAccess

    init(_ folder: String?, _ files: FileAccess) {
        self.folder = folder
        self.files = files
        // An empty or vanished directory holds no credentials.
        names = folder.flatMap { try? files.names($0) } ?? []
    }

    /// The first of `wanted` there is, and what to call it.
    ///
    /// `LoadCredential=ID:FOLDER` names the files of a folder `ID_openai_api_key`.
    func first(_ wanted: [String], _ problems: inout Problems) -> (name: String, text: String)? {
        guard let folder else { return nil }
        for name in wanted {
            guard let found = names.first(where: { $0 == name }) ?? names.first(where: { $0.hasSuffix("_\(name)") })
            else { continue }
            do throws(SystemError) {
                let text = String(validating: try files.read("\(folder)/\(found)").bytes, as: UTF8.self)
                guard let text, !text.allSatisfy(\.isWhitespace) else {
                    problems.refuse(at: nil, "the credential \(found) holds no key")
                    continue
                }
                return ("the credential \(found)", text)
            } catch {
                problems.refuse(
                    at: nil, "the credential \(found) cannot be read: \(String(cString: strerror(error.code)))")
            }
        }
        return nil
    }
}
