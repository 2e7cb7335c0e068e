using System.Globalization;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Checks and stores the files of a report or update, from form fields of any name. The type of a file is determined from its content, not from
/// the type that the client sends. Pictures are not decoded.
/// </summary>
internal sealed class Uploads(AttachmentStore store, IOptions<Open311Options> options, ILogger<Uploads> log)
{
    /// <summary>The number of bytes at the start of a file that determine its type.</summary>
    private const int SignatureBytes = 512;

    /// <summary>Returns the response that refuses the files; null if they are valid.</summary>
    public async ValueTask<Open311Response?> FindProblemAsync(IFormFileCollection? files, CancellationToken ct)
    {
        if (files is null || files.Count == 0)
            return null;
        if (files.Count > options.Value.MaxFiles)
            return Open311Response.Error(
                StatusCodes.Status400BadRequest, $"More than {options.Value.MaxFiles} files were sent.", ErrorCodes.BodyWrong);
        if (files.Any(f => f.Length > options.Value.MaxFileBytes))
            return Open311Response.Error(
                StatusCodes.Status413PayloadTooLarge,
                string.Create(CultureInfo.InvariantCulture, $"A file is larger than {options.Value.MaxFileBytes / 1024.0 / 1024.0:0.#} MB."));

        foreach (var file in files)
        {
            await using var content = file.OpenReadStream();
            if (await ImageSize.PixelsAsync(content, ct) > options.Value.MaxPixels)
                return Open311Response.Error(
                    StatusCodes.Status413PayloadTooLarge, $"A picture has more than {options.Value.MaxPixels / 1_000_000} million pixels.");
        }

        return null;
    }

    public async Task<IReadOnlyList<Attachment>> SaveAsync(IFormFileCollection? files, CancellationToken ct)
    {
        if (files is null || files.Count == 0)
            return [];

        var saved = new List<Attachment>();
        try
        {
            foreach (var file in files)
                if (file.Length > 0)
                    saved.Add(await SaveAsync(file, saved.Count + 1, ct));
        }
        catch
        {
            await store.DiscardAsync(saved);
            throw;
        }

        if (saved.Count < files.Count)
            log.EmptyFilesSkipped(files.Count - saved.Count);
        return saved;
    }

    /// <summary>Deletes saved files that no report or update has been accepted with.</summary>
    public Task DiscardAsync(IReadOnlyList<Attachment> saved) => store.DiscardAsync(saved);

    private async Task<Attachment> SaveAsync(IFormFile file, int number, CancellationToken ct)
    {
        await using var content = file.OpenReadStream();
        var start = new byte[Math.Min(file.Length, SignatureBytes)];
        await content.ReadExactlyAsync(start, ct);
        var type = FileTypes.Of(start);
        var name = FileTypes.SafeName(file.FileName, type, number);
        return await store.SaveAsync(name, FileTypes.Refine(type, name), content, ct);
    }
}
