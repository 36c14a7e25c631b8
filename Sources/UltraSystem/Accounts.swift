/// Users and groups by name and number, kept for a minute: a directory server may take its time, so that the loop asks
/// here, on the disk's thread, and never the system itself once it serves.
@Disk
package final class Accounts {
    package static let shared = Accounts()

    /// How long an answer holds, that there is no such account among them.
    nonisolated package static let lifetime = Duration.seconds(60)
    /// Answers kept at most: clients name the accounts.
    nonisolated static let limit = 4096

    private enum Question: Hashable {
        case uid(ofUser: String)
        case gid(ofGroup: String)
        case user(UInt32)
        case group(UInt32)
    }

    private struct Answer {
        var text: String?
        var number: UInt32?
        /// Nanoseconds of the monotonic clock.
        var at: UInt64
    }

    private var answers: [Question: Answer] = [:]

    nonisolated init() {}

    /// nil: there is no user of that name. Blocks.
    package func uid(ofUser name: String) -> UInt32? {
        number(.uid(ofUser: name)) { AccountNames.uid(of: name) }
    }

    /// nil: there is no group of that name. Blocks.
    package func gid(ofGroup name: String) -> UInt32? {
        number(.gid(ofGroup: name)) { AccountNames.gid(of: name) }
    }

    /// nil: the system has no name for it. Blocks.
    package func userName(of uid: UInt32) -> String? {
        text(.user(uid)) { AccountNames.userName(of: uid) }
    }

    /// nil: the system has no name for it. Blocks.
    package func groupName(of gid: UInt32) -> String? {
        text(.group(gid)) { AccountNames.groupName(of: gid) }
    }

    private func number(_ question: Question, _ ask: () -> UInt32?) -> UInt32? {
        answer(question) { Answer(number: ask(), at: $0) }.number
    }

    private func text(_ question: Question, _ ask: () -> String?) -> String? {
        answer(question) { Answer(text: ask(), at: $0) }.text
    }

    private func answer(_ question: Question, _ ask: (UInt64) -> Answer) -> Answer {
        let now = EventLoop.now
        if let known = answers[question], now &- known.at < UInt64(Self.lifetime.nanoseconds) { return known }
        if answers.count >= Self.limit { answers = [:] }
        let answer = ask(now)
        answers[question] = answer
        return answer
    }
}
