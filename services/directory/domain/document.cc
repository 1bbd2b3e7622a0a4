#include "services/directory/domain/document.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/directory/domain/calendar.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::ordered_json;

// Each type names its members once, for writing and for reading.
template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Position> {
  v("latitude", m.latitude);
  v("longitude", m.longitude);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Address> {
  v("lines", m.lines);
  v("city", m.city);
  v("region", m.region);
  v("postal_code", m.postal_code);
  v("country", m.country);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Provider> {
  v("external_id", m.external_id);
  v("source", m.source);
  v("display_name", m.display_name);
  v("alternate_name", m.alternate_name);
  v("description", m.description);
  v("uri", m.uri);
  v("email", m.email);
  v("phones", m.phones);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Location> {
  v("external_id", m.external_id);
  v("source", m.source);
  v("display_name", m.display_name);
  v("kind", m.kind);
  v("position", m.position);
  v("address", m.address);
  v("transportation", m.transportation);
  v("accessibility", m.accessibility);
  v("phones", m.phones);
  v("uri", m.uri);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, CostOption> {
  v("option", m.option);
  v("currency", m.currency);
  v("amount", m.amount);
  v("amount_description", m.amount_description);
  v("valid_from", m.valid_from);
  v("valid_to", m.valid_to);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Schedule> {
  v("frequency", m.frequency);
  v("by_day", m.by_day);
  v("interval", m.interval);
  v("opens_at", m.opens_at);
  v("closes_at", m.closes_at);
  v("valid_from", m.valid_from);
  v("valid_to", m.valid_to);
  v("description", m.description);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, Coding> {
  v("system", m.system);
  v("code", m.code);
  v("display", m.display);
}

template <class V, class T>
void Members(V& v, T& m) requires std::is_same_v<std::remove_const_t<T>, HealthcareService> {
  v("provider", m.provider);
  v("external_id", m.external_id);
  v("source", m.source);
  v("display_name", m.display_name);
  v("alternate_name", m.alternate_name);
  v("description", m.description);
  v("state", m.state);
  v("kinds", m.kinds);
  v("needs", m.needs);
  v("minimum_age", m.minimum_age);
  v("maximum_age", m.maximum_age);
  v("languages", m.languages);
  v("interpretation_services", m.interpretation_services);
  v("eligibility_description", m.eligibility_description);
  v("application_process", m.application_process);
  v("fees_description", m.fees_description);
  v("cost_options", m.cost_options);
  v("schedules", m.schedules);
  v("wait_time", m.wait_time);
  v("alert", m.alert);
  v("uri", m.uri);
  v("email", m.email);
  v("phones", m.phones);
  v("locations", m.locations);
  v("assured_date", m.assured_date);
}

class Writer {
 public:
  template <class T>
  void operator()(const char* key, const T& value) {
    Json json = ToJson(value);
    if (!json.is_null()) object_[key] = std::move(json);
  }
  Json Take() { return std::move(object_); }

 private:
  template <class T>
  static Json ToJson(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      return value.empty() ? Json() : Json(value);
    } else if constexpr (std::is_same_v<T, Id>) {
      return value.is_nil() ? Json() : Json(value.ToString());
    } else if constexpr (std::is_same_v<T, absl::CivilDay>) {
      return Json(FormatDay(value));
    } else if constexpr (std::is_enum_v<T>) {
      return Json(static_cast<int>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      return Json(value);
    } else {
      Writer inner;
      Members(inner, value);
      return inner.Take();
    }
  }
  template <class T>
  static Json ToJson(const std::optional<T>& value) {
    return value.has_value() ? ToJson(*value) : Json();
  }
  template <class T>
  static Json ToJson(const std::vector<T>& values) {
    if (values.empty()) return Json();
    Json array = Json::array();
    for (const T& value : values) array.push_back(ToJson(value));
    return array;
  }

  Json object_ = Json::object();
};

// Reads what is there and of the right type; notes whether anything was of the wrong one.
class Reader {
 public:
  explicit Reader(const Json& object) : object_(object) {}

  template <class T>
  void operator()(const char* key, T& value) {
    const auto found = object_.find(key);
    if (found != object_.end() && !FromJson(*found, value)) ok_ = false;
  }
  bool ok() const { return ok_; }

 private:
  template <class T>
  static bool FromJson(const Json& json, T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (!json.is_string()) return false;
      value = json.get_ref<const std::string&>();
      return true;
    } else if constexpr (std::is_same_v<T, Id>) {
      if (!json.is_string()) return false;
      const absl::StatusOr<Id> id = Id::Parse(json.get_ref<const std::string&>());
      if (id.ok()) value = *id;
      return id.ok();
    } else if constexpr (std::is_same_v<T, absl::CivilDay>) {
      const std::optional<absl::CivilDay> day =
          json.is_string() ? ParseDay(json.get_ref<const std::string&>()) : std::nullopt;
      if (day.has_value()) value = *day;
      return day.has_value();
    } else if constexpr (std::is_enum_v<T>) {
      if (!json.is_number_integer()) return false;
      value = static_cast<T>(json.get<int>());
      return true;
    } else if constexpr (std::is_arithmetic_v<T>) {
      if (!json.is_number()) return false;
      value = json.get<T>();
      return true;
    } else {
      if (!json.is_object()) return false;
      Reader inner(json);
      Members(inner, value);
      return inner.ok();
    }
  }
  template <class T>
  static bool FromJson(const Json& json, std::optional<T>& value) {
    return FromJson(json, value.emplace());
  }
  template <class T>
  static bool FromJson(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return false;
    values.reserve(json.size());
    for (const Json& element : json) {
      if (!FromJson(element, values.emplace_back())) return false;
    }
    return true;
  }

  const Json& object_;
  bool ok_ = true;
};

template <class T>
std::string Write(const T& entry) {
  Writer writer;
  Members(writer, entry);
  return writer.Take().dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class T>
absl::StatusOr<T> Read(const Id& id, absl::string_view document) {
  const Json json = Json::parse(document.data(), document.data() + document.size(), nullptr, false);
  T entry;
  entry.id = id;
  if (json.is_object()) {
    Reader reader(json);
    Members(reader, entry);
    if (reader.ok()) return entry;
  }
  return absl::InternalError("a stored document of the directory cannot be read");
}

}  // namespace

std::string ToDocument(const Provider& provider) { return Write(provider); }
std::string ToDocument(const Location& location) { return Write(location); }
std::string ToDocument(const HealthcareService& service) { return Write(service); }

absl::StatusOr<Provider> ProviderFromDocument(const Id& id, absl::string_view document) {
  return Read<Provider>(id, document);
}
absl::StatusOr<Location> LocationFromDocument(const Id& id, absl::string_view document) {
  return Read<Location>(id, document);
}
absl::StatusOr<HealthcareService> ServiceFromDocument(const Id& id, absl::string_view document) {
  return Read<HealthcareService>(id, document);
}

}  // namespace trellis::directory
