using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Reads the manifest of a staged plug-in from assembly metadata, without loading an assembly or running its code.</summary>
internal static partial class PluginInspector
{
    /// <summary>The maximum length of a DLL, because the inspection reads it into memory.</summary>
    private const long MaxLength = 100L << 20;

    public static StageOutcome<PluginManifest> Inspect(string folder) => Inspect(folder, Version.Parse(ContractVersion.Current));

    /// <param name="folder">The staged folder.</param>
    /// <param name="contract">The contract version of the gateway.</param>
    internal static StageOutcome<PluginManifest> Inspect(string folder, Version contract)
    {
        var found = new List<PluginManifest>();
        var findings = new List<PluginFinding>();
        var missing = new List<string>();
        var unreadable = new List<string>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal))
        {
            try
            {
                // A truncated copy has valid headers, but not all the sections that they describe.
                if (!IsWhole(path))
                    unreadable.Add(Path.GetFileName(path));
                else if (Read(path, findings, missing) is { } manifest)
                    found.Add(manifest);
            }
#pragma warning disable CA1031 // Damaged metadata makes the reader throw exceptions of many kinds, also for numbers that overflow.
            catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OutOfMemoryException))
            {
                unreadable.Add(Path.GetFileName(path));
            }
#pragma warning restore CA1031
        }

        return found switch
        {
            [var one] when unreadable.Count == 0 =>
                Check(one with { MissingContracts = [.. one.MissingContracts, .. missing], LibraryFindings = findings }, contract),
            _ when unreadable.Count > 0 => Incomplete(
                $"it contains DLLs that are incomplete, longer than {MaxLength >> 20} MB or not .NET assemblies: {string.Join(", ", unreadable)}; "
                    + "copy them again or remove them"),
            [] => Incomplete("none of its assemblies has the attribute [assembly: CouncilAdapter(\"name\")]; add it to the plug-in's assembly"),
            _ => Refused(
                $"more than one of its assemblies has the attribute [assembly: CouncilAdapter]: {string.Join(", ", found.Select(m => m.EntryFile))}; "
                    + "put each plug-in into a separate folder"),
        };
    }

    /// <summary>Returns the full name of an attribute's type if it is defined in another assembly; otherwise null.</summary>
    internal static string? AttributeType(MetadataReader reader, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return null;

        var constructor = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        return constructor.Parent.Kind == HandleKind.TypeReference ? TypeNames.Of(reader, (TypeReferenceHandle)constructor.Parent) : null;
    }

    private static StageOutcome<PluginManifest> Check(PluginManifest manifest, Version contract)
    {
        if (!AdapterName().IsMatch(manifest.AdapterName))
            return Refused(
                $"its adapter name \"{manifest.AdapterName}\" is invalid; use 1 to 40 lower-case letters, digits and hyphens, starting with a letter");

        if (!Version.TryParse(manifest.Contract, out var built) || built.Major != contract.Major || built.Minor > contract.Minor)
            return Refused($"it was built for contract {manifest.Contract}; this gateway has {contract}");

        if (manifest.MissingContracts.Count > 0)
            return Refused(
                $"it uses types or members that this gateway's contracts do not have: {string.Join(", ", manifest.MissingContracts)}; "
                    + "build it against the contracts of this gateway");

        return StageOutcome<PluginManifest>.Passed(manifest);
    }

    private static bool IsWhole(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MaxLength)
            return false;
        using var image = new PEReader(stream);
        return image.PEHeaders.SectionHeaders.All(s => s.PointerToRawData + (long)s.SizeOfRawData <= stream.Length);
    }

    /// <summary>Returns the manifest if the assembly has one; otherwise adds the findings and missing members of the library to the lists.</summary>
    private static PluginManifest? Read(string path, List<PluginFinding> findings, List<string> missing)
    {
        using var stream = File.OpenRead(path);
        using var image = new PEReader(stream);
        if (!image.HasMetadata)
            return null;

        var reader = image.GetMetadataReader();
        if (!reader.IsAssembly)
            return null;

        (string Name, string Contract)? adapter = null;
        var definition = reader.GetAssemblyDefinition();
        var version = definition.Version.ToString();
        foreach (var handle in definition.GetCustomAttributes())
        {
            var attribute = reader.GetCustomAttribute(handle);
            switch (AttributeType(reader, attribute))
            {
                case "PluginGateway.Contracts.CouncilAdapterAttribute":
                    var texts = Texts(reader, attribute, 2);
                    adapter = (texts[0], texts[1]);
                    break;
                case "System.Reflection.AssemblyInformationalVersionAttribute":
                    version = Texts(reader, attribute, 1)[0].Split('+')[0];
                    break;
            }
        }

        var file = Path.GetFileName(path);
        var (missingHere, findingsHere) = (ContractLinkCheck.Missing(reader), PluginScan.Run(reader, file));
        if (adapter is var (name, contract))
            return new PluginManifest
            {
                AdapterName = name,
                Contract = contract,
                Version = version,
                EntryFile = file,
                MissingContracts = missingHere,
                Findings = [.. findingsHere],
            };

        missing.AddRange(missingHere);
        findings.AddRange(findingsHere);
        return null;
    }

    /// <summary>Returns the first string arguments of an attribute (ECMA-335 II.23.3: a prolog, followed by the arguments).</summary>
    private static string[] Texts(MetadataReader reader, CustomAttribute attribute, int count)
    {
        var blob = reader.GetBlobReader(attribute.Value);
        blob.ReadUInt16();
        var texts = new string[count];
        for (var i = 0; i < count; i++)
            texts[i] = blob.ReadSerializedString() ?? "";
        return texts;
    }

    private static StageOutcome<PluginManifest> Refused(string reason) => StageOutcome<PluginManifest>.Refused(reason);

    private static StageOutcome<PluginManifest> Incomplete(string reason) => StageOutcome<PluginManifest>.Refused(reason, RefusalKind.Incomplete);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex AdapterName();
}
