using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Reads a staged plug-in's manifest from assembly metadata; nothing is loaded, nothing runs.</summary>
internal static partial class PluginInspector
{
    public static StageOutcome<PluginManifest> Inspect(string folder)
    {
        var found = new List<PluginManifest>();
        var unreadable = new List<string>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal))
        {
            try
            {
                if (Read(path) is { } manifest)
                    found.Add(manifest);
            }
            catch (BadImageFormatException)
            {
                unreadable.Add(Path.GetFileName(path));
            }
        }

        return found switch
        {
            [var one] => Check(one),
            [] when unreadable.Count > 0 => Refused($"{string.Join(", ", unreadable)} is not a .NET assembly"),
            [] => Refused("no assembly in it has [assembly: CouncilAdapter(\"name\")]"),
            _ => Refused($"more than one assembly in it has [assembly: CouncilAdapter]: {string.Join(", ", found.Select(m => m.EntryFile))}"),
        };
    }

    private static StageOutcome<PluginManifest> Check(PluginManifest manifest)
    {
        if (!AdapterName().IsMatch(manifest.AdapterName))
            return Refused($"its adapter name \"{manifest.AdapterName}\" is not 1 to 40 lower-case letters, digits and hyphens, beginning with a letter");

        var host = Version.Parse(ContractVersion.Current);
        if (!Version.TryParse(manifest.Contract, out var built) || built.Major != host.Major || built.Minor > host.Minor)
            return Refused($"it was built for contract {manifest.Contract}; this gateway has {ContractVersion.Current}");

        return StageOutcome<PluginManifest>.Passed(manifest);
    }

    private static PluginManifest? Read(string path)
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

        return adapter is var (name, contract)
            ? new PluginManifest { AdapterName = name, Contract = contract, Version = version, EntryFile = Path.GetFileName(path) }
            : null;
    }

    private static string? AttributeType(MetadataReader reader, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return null;

        var constructor = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        if (constructor.Parent.Kind != HandleKind.TypeReference)
            return null;

        var type = reader.GetTypeReference((TypeReferenceHandle)constructor.Parent);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    /// <summary>The first string arguments of an attribute (ECMA-335 II.23.3: prolog, then each argument).</summary>
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

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex AdapterName();
}
