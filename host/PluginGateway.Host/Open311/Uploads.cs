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
    /// <summary>The number of bytes at the start of a picture that are searched for its dimensions.</summary>
    private const int HeaderBytes = 256 << 10;

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
            var header = new byte[Math.Min(file.Length, HeaderBytes)];
            await using (var stream = file.OpenReadStream())
                await stream.ReadExactlyAsync(header, ct);
            if (ImageSize.Pixels(header) > options.Value.MaxPixels)
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
        foreach (var file in files)
        {
            if (file.Length == 0)
                continue;

            var content = new byte[file.Length];
            await using (var stream = file.OpenReadStream())
                await stream.ReadExactlyAsync(content, ct);
            var type = FileTypes.Of(content);
            var name = FileTypes.SafeName(file.FileName, type, saved.Count + 1);
            saved.Add(await store.SaveAsync(name, FileTypes.Refine(type, name), content, ct));
        }

        if (saved.Count < files.Count)
            log.EmptyFilesSkipped(files.Count - saved.Count);
        return saved;
    }
}
