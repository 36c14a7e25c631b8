import Testing
import UltraAPI

@Suite("Requests of usage")
struct UsageRequestTests {
    @Test(
        "moments",
        arguments: [
            ("0s", .before(milliseconds: 0)), ("90s", .before(milliseconds: 90_000)),
            ("15m", .before(milliseconds: 900_000)), ("24h", .before(milliseconds: 86_400_000)),
            ("7d", .before(milliseconds: 604_800_000)), ("2w", .before(milliseconds: 1_209_600_000)),
            ("1970-01-01", .at(milliseconds: 0)), ("1970-01-01T00:00:00Z", .at(milliseconds: 0)),
            ("1969-12-31T23:59:59Z", .at(milliseconds: -1000)), ("2026-11-24", .at(milliseconds: 1_795_478_400_000)),
            ("2026-11-24T22:46:14Z", .at(milliseconds: 1_795_560_374_000)),
            ("2026-11-24t22:46:14.5z", .at(milliseconds: 1_795_560_374_500)),
            ("2026-11-24T22:46:14.123456+00:00", .at(milliseconds: 1_795_560_374_123)),
            ("2026-11-25T00:16:14+01:30", .at(milliseconds: 1_795_560_374_000)),
            ("2026-11-24T21:46:14-01:00", .at(milliseconds: 1_795_560_374_000)),
            ("2024-02-29", .at(milliseconds: 1_709_164_800_000)), ("2000-03-01", .at(milliseconds: 951_868_800_000)),
        ] as [(String, UsageTime)])
    func moments(text: String, time: UsageTime) {
        #expect(UsageTime(text) == time)
    }

    @Test(
        "no moments",
        arguments: [
            "", "h", "24", "-1h", "1.5h", "24hours", "24 h", "1y", "99999999999999999999h", "9000000000000h", "now",
            "2026-13-01", "2026-00-01", "2026-02-29", "2026-11-31", "2026-1-1", "26-11-24", "2026-11-24T24:00:00Z",
            "2026-11-24T22:60:00Z", "2026-11-24T22:46:14", "2026-11-24 22:46:14Z", "2026-11-24T22:46:14.Z",
            "2026-11-24T22:46:14+0100", "2026-11-24T22:46:14ZZ", "2026-11-24T", "２４h",
        ])
    func noMoments(text: String) {
        #expect(UsageTime(text) == nil)
    }

    private static func request(_ fields: String) throws(UltraError) -> UsageRequest {
        let frame: RequestFrame
        do throws(RequestFrame.Refusal) {
            frame = try RequestFrame(Array(#"{"id":1,"op":"usage"\#(fields)}"#.utf8))
        } catch {
            throw error.error
        }
        return try UsageRequest(frame)
    }

    @Test("everything that can be asked")
    func whole() throws {
        let filter =
            #"{"model":"a/b","provider":"a","user":0,"gid":"staff","program":"p","op":"embed","outcome":"ok","tag":"t"}"#
        let request = try Self.request(
            #","since":"7d","until":"2026-11-24","group_by":["uid","gid","user","tag","hour"],"filter":\#(filter)"#)
        var expected = UsageRequest()
        expected.since = .before(milliseconds: 604_800_000)
        expected.until = .at(milliseconds: 1_795_478_400_000)
        expected.keys = [.user, .group, .tag, .hour]
        expected.filter.model = "a/b"
        expected.filter.provider = "a"
        expected.filter.user = .number(0)
        expected.filter.group = .name("staff")
        expected.filter.program = "p"
        expected.filter.operation = "embed"
        expected.filter.outcome = "ok"
        expected.filter.tag = "t"
        #expect(request == expected)
    }

    @Test("defaults: the last day, in one row")
    func bare() throws {
        let request = try Self.request("")
        #expect(request == UsageRequest())
        #expect(request.since.moment(now: 100_000_000) == 13_600_000 && request.until.moment(now: 100) == 100)
    }

    @Test(
        "mistakes name their field",
        arguments: [
            (#""since":"soon""#, "since"), (#""since":24"#, "since"), (#""until":"24""#, "until"),
            (#""group_by":"model""#, "group_by"), (#""group_by":["price"]"#, "group_by[0]"),
            (#""group_by":["model",1]"#, "group_by[1]"), (#""filter":[]"#, "filter"),
            (#""filter":{"model":""}"#, "filter.model"), (#""filter":{"user":-1}"#, "filter.user"),
            (#""filter":{"uid":4294967296}"#, "filter.uid"), (#""filter":{"models":"a"}"#, "filter.models"),
        ])
    func mistakes(fields: String, field: String) {
        do throws(UltraError) {
            _ = try Self.request(",\(fields)")
            Issue.record("\(fields) was taken")
        } catch {
            #expect(error.code == .invalidRequest && error.field == field, "\(error.message)")
        }
    }
}
