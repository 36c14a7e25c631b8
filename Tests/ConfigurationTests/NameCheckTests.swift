import Testing

@testable import UltraDaemon

@Suite("Names in the configuration")
struct NameCheckTests {
    @Test(
        "must fit together",
        arguments: [
            (
                "[routing]\nfallback = [\"opnai/x\"]",
                "2: routing.fallback[0] names the provider opnai, which does not exist; did you mean openai?"
            ),
            ("[routing]\nfallback = [\"openai/\"]", "2: routing.fallback[0] names no model after openai/"),
            (
                "[routes.r]\nmodels = [\"zzz/x\"]",
                "2: routes.r.models[0] names the provider zzz, which does not exist"
            ),
            (
                "[routes.r]\nmodels = [\"mock/echo\"]\n[routes.s]\nmodels = [\"r\"]",
                "4: routes.s.models[0] is r, which is a route: a route lists models"
            ),
            (
                "[routes.a]\nmodels = [\"mock/echo\"]\n[models.\"mock/lorem\"]\naliases = [\"a\"]",
                "1: routes.a has the name of an alias"
            ),
            (
                "[models.\"mock/echo\"]\naliases = [\"a\"]\n[models.\"mock/lorem\"]\naliases = [\"a\"]",
                "4: models.\"mock/lorem\".aliases[0] is a, an alias of mock/echo already"
            ),
            (
                "[models.\"mock/echo\"]\naliases = [\"a\",\n\"a\"]",
                "3: models.\"mock/echo\".aliases[1] is a, an alias of mock/echo already"
            ),
            (
                "[models.\"mock/echo\"]\naliases = [\"openai/x\"]",
                "2: models.\"mock/echo\".aliases[0] is openai/x, which would hide a model of openai"
            ),
            (
                "[models.echo]\nweight = 2",
                "1: models.echo is not the name of a model: write [models.\"provider/model\"]"
            ),
            (
                "[models.\"moc/echo\"]",
                "1: models.\"moc/echo\" names the provider moc, which does not exist; did you mean mock?"
            ),
            (
                "[routing]\ndefault_model = \"opnai/gpt\"",
                "2: routing.default_model names the provider opnai, which does not exist; did you mean openai?"
            ),
            (
                "[providers.opnai]",
                "1: providers.opnai is not a built-in provider; did you mean openai? another server needs kind = \"openai-compatible\""
            ),
            (
                "[providers.groq]\nkind = \"openai-compatible\"",
                "1: providers.groq needs an endpoint, such as \"https://api.example.com/v1\""
            ),
            (
                "[providers.\"my server\"]\nkind = \"openai-compatible\"\nendpoint = \"https://a.example\"",
                "1: providers.my server must have a name of a-z, 0-9, - and _"
            ),
            (
                "[providers.x]\nkind = \"openai-compatible\"\nendpoint = \"ftp://a.example\"",
                "3: providers.x.endpoint must begin with https:// or http://"
            ),
            (
                "[providers.x]\nkind = \"openai-compatible\"\nendpoint = \"http://a.example\"",
                "3: providers.x.endpoint would send the key to a.example unencrypted: use https://, or set allow_plaintext"
            ),
            (
                "[providers.openai]\nendpoint = \"http://a.example\"",
                "2: providers.openai.endpoint would send the key to a.example unencrypted: use https://, or set allow_plaintext"
            ),
            (
                "[providers.openai]\nkind = \"openai-compatible\"",
                "2: providers.openai.kind is only for OpenAI-compatible servers: this provider is built in"
            ),
            (
                "[providers.openai]\nkey_variable = \"X\"",
                "2: providers.openai.key_variable is only for OpenAI-compatible servers: this provider has a variable of its own"
            ),
            (
                "[providers.mock]\nendpoint = \"https://a.example\"",
                "1: providers.mock is built in and takes neither endpoint nor key"
            ),
        ])
    func refused(toml: String, problem: String) {
        #expect(problems(toml) == ["\(filePath):\(problem)"])
    }

    @Test(
        "may be what is discovered later, and an alias may look like a model",
        arguments: [
            "[routing]\ndefault_model = \"ai/smollm2\"", "[routing]\ndefault_model = \"gpt-4o\"",
            "[routing]\nfallback = [\"my/own\"]\n[models.\"mock/echo\"]\naliases = [\"my/own\"]",
            "[routes.r]\nmodels = [\"x/y\"]\n[providers.x]\nkind = \"openai-compatible\"\nendpoint = \"https://a.example\"",
        ])
    func accepted(toml: String) {
        #expect(problems(toml) == [])
    }
}
