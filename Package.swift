// swift-tools-version: 6.2
// Targets in the order data flows through them, which .github/CONTRIBUTING.md describes.
import PackageDescription

/// Swift 6 mode, warnings are errors, and the upcoming features every target of ours uses.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// How both programs are linked.
///
/// `pack-relative-relocs`: a megabyte of relocations becomes forty kilobytes (glibc 2.36 reads them): less to load, less
/// to keep resident. `now`: every function is looked up at the start, and the table of them is read-only afterwards.
let linked: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld"] + ["pack-relative-relocs", "relro", "now"].flatMap { ["-Xlinker", "-z", "-Xlinker", $0] })
]

/// Hardening flags of Debian for C and C++ (dpkg-buildflags(1)) that every architecture has.
let hardened = ["-fstack-protector-strong", "-fstack-clash-protection"]
/// Checks the bounds of copies; it needs an optimising compiler.
let fortified = ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]

let package = Package(
    name: "ultra",
    products: [
        .executable(name: "ultrad", targets: ["ultrad"]),
        .executable(name: "ultractl", targets: ["ultractl"]),
    ],
    dependencies: [
        // Exact versions: Package.resolved is ignored where packages are built, so a range would let each build take other
        // code than the one that was tested.
        // Both command lines: help, validation and completions we would otherwise write twice.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // The logging API of the ecosystem; our handler writes to the journal.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // System libraries: module map and inline functions for what Swift cannot call.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        // The ledger's file.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // SHA-256 for the cache's keys; libcurl loads the library anyway.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSignal"),

        // toml++ (libtomlplusplus-dev) behind C: TOMLKit has no positions but those of syntax errors.
        .target(
            name: "CToml",
            cxxSettings: [
                .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti"] + hardened),
                .unsafeFlags(fortified, .when(configuration: .release)),
            ]
        ),

        // The process at its start: arguments without /proc, standard descriptors, protected memory; and the version.
        .target(name: "CStart", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),

        .target(name: "UltraAPI", swiftSettings: strict),
        .target(name: "UltraDialects", dependencies: ["UltraAPI"], swiftSettings: strict),
        .target(
            name: "UltraProviders", dependencies: ["UltraAPI"],
            // The model catalogue; the file is a link into etc.
            resources: [.embedInCode("Catalogue/models.tsv")], swiftSettings: strict),
        .target(
            name: "UltraSystem",
            dependencies: [
                "CCrypto", "CCurl", "CSQLite", "CSystemd", "UltraAPI", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "UltraDaemon",
            dependencies: [
                "CToml", "UltraAPI", "UltraDialects", "UltraProviders", "UltraSystem",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "libultra", exclude: ["libultra.map"],
            cSettings: [
                .unsafeFlags(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"] + hardened),
                .unsafeFlags(fortified, .when(configuration: .release)),
            ]),
        .executableTarget(
            name: "ultrad",
            dependencies: [
                "CStart", "UltraDaemon", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, linkerSettings: linked),
        .executableTarget(
            name: "ultractl",
            dependencies: [
                "CSignal", "libultra", "UltraAPI", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, linkerSettings: linked),

        // Tests and measurement; nothing below is installed.
        .systemLibrary(name: "CLinux", path: "Tests/CLinux"),
        .target(
            name: "ScriptedProvider", dependencies: ["CLinux"], path: "Tests/ScriptedProvider", swiftSettings: strict),
        .executableTarget(
            name: "scripted-provider", dependencies: ["CLinux"], path: "Tests/scripted-provider",
            swiftSettings: strict),
        .executableTarget(
            name: "ultrabench",
            dependencies: [
                "CCurl", "CLinux", "CSQLite", "ScriptedProvider", "UltraAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/ultrabench", swiftSettings: strict),
        // Tells what the HTTP decoder makes of bytes, for etc/test-http-decoder.
        .executableTarget(
            name: "http-decode", dependencies: ["UltraDialects"], path: "Tests/http-decode", swiftSettings: strict),
        .testTarget(name: "ScriptedProviderTests", dependencies: ["ScriptedProvider"], swiftSettings: strict),
        .testTarget(name: "UltraAPITests", dependencies: ["UltraAPI"], swiftSettings: strict),
        .testTarget(name: "UltraDialectsTests", dependencies: ["UltraDialects", "UltraAPI"], swiftSettings: strict),
        .testTarget(
            name: "UltraProvidersTests", dependencies: ["UltraProviders"], exclude: ["Expected", "Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "UltraSystemTests", dependencies: ["UltraSystem", "ScriptedProvider"], swiftSettings: strict),
        .testTarget(
            name: "UltraDaemonTests",
            dependencies: [
                "CLinux", "UltraDaemon", "ScriptedProvider", "libultra", "ultractl", "ultrad",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "UltraAPI", "UltraDaemon", "UltraProviders", "UltraSystem",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "UltraCtlTests",
            dependencies: [
                "ultractl", "ultrad", "libultra", "UltraAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], exclude: ["Programs"], swiftSettings: strict),
        .testTarget(name: "RepositoryTests", swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
