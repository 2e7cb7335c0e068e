using System.Globalization;
using System.Net.Http.Headers;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Creates the forms to post: URL-encoded, or multipart when there are files.</summary>
internal static class Open311Forms
{
    /// <summary>Creates the form of a report (GeoReport v2, POST Service Request).</summary>
    public static Task<HttpContent> RequestAsync(ServiceRequest request, Open311Settings settings, AdapterContext context, CancellationToken cancellationToken)
    {
        var fields = new Fields()
            .Add("api_key", settings.ApiKey)
            .Add("jurisdiction_id", settings.JurisdictionId)
            .Add("service_code", request.Service.Code)
            .Add("lat", Number(request.Location.Latitude))
            .Add("long", Number(request.Location.Longitude))
            .Add("address_string", request.Location.Address)
            .Add("address_id", request.Location.AddressId)
            .Add("description", request.Description)
            .Add(request.Reporter)
            .Add(request.MediaUrls)
            .Add(request.Answers);
        return fields.ToContentAsync(settings.Uploads ? request.Attachments : [], context, cancellationToken);
    }

    /// <summary>Creates the form of an update (mySociety's extension, POST Service Request Update).</summary>
    public static Task<HttpContent> UpdateAsync(ClientUpdate update, Open311Settings settings, AdapterContext context, CancellationToken cancellationToken)
    {
        var fields = new Fields()
            .Add("api_key", settings.ApiKey)
            .Add("jurisdiction_id", settings.JurisdictionId)
            .Add("service_request_id", update.BackEndId)
            .Add("service_request_id_ext", update.Reference)
            .Add("service_code", update.ServiceCode)
            .Add("update_id", update.UpdateId)
            .Add("status", update.Status)
            .Add("updated_datetime", Time(update.UpdatedAt))
            .AddAlways("description", update.Description)
            .Add(update.Author)
            .Add(update.MediaUrls)
            .Add(update.Answers);
        foreach (var other in update.ExtraArguments)
            foreach (var value in other.Values)
                fields.Add(other.Code, value);
        return fields.ToContentAsync(settings.Uploads ? update.Attachments : [], context, cancellationToken);
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Number(double? degrees) => degrees?.ToString("0.########", CultureInfo.InvariantCulture);

    private sealed class Fields
    {
        private readonly List<KeyValuePair<string, string>> _fields = [];

        public Fields Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                _fields.Add(new(name, value));
            return this;
        }

        /// <summary>Adds a field that endpoints require, even if its value is empty.</summary>
        public Fields AddAlways(string name, string value)
        {
            _fields.Add(new(name, value));
            return this;
        }

        public Fields Add(Reporter person) => Add("first_name", person.FirstName)
            .Add("last_name", person.LastName)
            .Add("email", person.Email)
            .Add("phone", person.Phone)
            .Add("account_id", person.AccountId)
            .Add("device_id", person.DeviceId);

        public Fields Add(IReadOnlyList<Uri> mediaUrls)
        {
            foreach (var url in mediaUrls)
                Add("media_url", url.AbsoluteUri);
            return this;
        }

        public Fields Add(IReadOnlyList<ReportAnswer> answers)
        {
            foreach (var answer in answers)
                foreach (var value in answer.Values)
                    Add($"attribute[{answer.Code}]", value);
            return this;
        }

        public async Task<HttpContent> ToContentAsync(IReadOnlyList<Attachment> attachments, AdapterContext context, CancellationToken cancellationToken)
        {
            if (attachments.Count == 0)
                return new FormUrlEncodedContent(_fields);

            var form = new MultipartFormDataContent();
            foreach (var (name, value) in _fields)
                form.Add(new StringContent(value), name);
            for (var i = 0; i < attachments.Count; i++)
            {
                var file = new StreamContent(await context.Attachments.OpenAsync(attachments[i], cancellationToken));
                file.Headers.ContentType = new MediaTypeHeaderValue(attachments[i].ContentType);
                form.Add(file, string.Create(CultureInfo.InvariantCulture, $"photo{i + 1}"), attachments[i].FileName);
            }

            return form;
        }
    }
}
