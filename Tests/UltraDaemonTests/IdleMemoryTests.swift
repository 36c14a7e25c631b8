import Foundation
import Testing

struct IdleMemoryTests {
    @Test("a daemon that has nothing to do any more gives back what its work took, and works on")
    func givesBack() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try daemon.client()
        let question = #""messages":[{"role":"user","content":"hi"}]"#
        // Many concurrent answers leave free memory all over the heap, and little at its end.
        for round in 0..<20 {
            for id in 1...100 {
                client.send(#"{"id":\#(id),"op":"stream","model":"mock/lorem","max_tokens":500,\#(question)}"#)
            }
            var ended = 0
            while ended < 100 {
                let frame = try #require(try client.next(), "round \(round)")
                if frame.isTerminal { ended += 1 }
            }
        }
        let busy = daemon.residentBytes
        // Longer than two samples five seconds apart, which no event announces.
        let deadline = Date(timeIntervalSinceNow: 30)
        var idle = busy
        while idle > busy / 2, Date() < deadline {
            usleep(50_000)
            idle = daemon.residentBytes
        }
        #expect(idle <= busy / 2, "\(busy >> 10) KB at work, \(idle >> 10) KB after it")
        let answer = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo",\#(question)}"#)
        #expect(answer.event == "result")
        print("resident \(busy >> 10) KB at work, \(idle >> 10) KB after it")
    }
}
