using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>Two sample reports that every template is validated with: one with all possible values and one with only the required ones.</summary>
internal static class ReportMailSamples
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static MailedReport Full { get; } = MailedReport.Of(
        new ServiceRequest
        {
            Id = "PG0000000000001",
            Reference = "4711",
            Revision = 2,
            EarlierIds = ["PG0000000000000"],
            Service = new Service
            {
                Code = "POTHOLE",
                Name = "Pothole",
                Groups = ["Roads"],
                Attributes = [
                    new ServiceAttribute { Code = "SIZE", Description = "How big is it?", Values = [new AttributeValue { Key = "l", Name = "Large" }] }],
            },
            Description = "A deep hole\nin front of number 5",
            Location = new ReportLocation { Latitude = 51.5, Longitude = -0.1, Address = "5 High Street", AddressId = "100023336956" },
            Reporter = new Reporter { FirstName = "Ann", LastName = "Example", Email = "ann@example.org", Phone = "020 7946 0000" },
            Answers = [new ReportAnswer { Code = "SIZE", Values = ["l"] }],
            MediaUrls = [new Uri("https://reports.example/photo.jpeg")],
            Attachments =
            [
                new Attachment { Id = 1, FileName = "hole.jpeg", ContentType = "image/jpeg", Length = 200_000 },
                new Attachment { Id = 2, FileName = "plan.pdf", ContentType = "application/pdf", Length = 90_000 },
                new Attachment { Id = 3, FileName = "film.mov", ContentType = "video/quicktime", Length = 90_000_000 },
            ],
            ReceivedAt = Morning,
        },
        "Sample Council",
        TimeZoneInfo.Utc,
        "ann@example.org",
        10 << 20);

    public static MailedReport Bare { get; } = MailedReport.Of(
        new ServiceRequest
        {
            Id = "PG0000000000001",
            Service = new Service { Code = "BIN", Name = "Bin" },
            Location = new ReportLocation(),
            Description = "Not emptied",
            ReceivedAt = Morning,
        },
        "Sample Council",
        TimeZoneInfo.Utc,
        replyTo: null,
        maxAttachmentBytes: 0);
}
