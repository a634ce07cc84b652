#include "column.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace {

/// So many different values are told apart: each takes memory.
constexpr size_t MAX_DISTINCT = 1000;

/// So many of the most frequent values are named.
constexpr size_t NAMED = 5;

std::optional<double> number_in(const std::string &text) {
  double number;
  const char *end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// The shortest text that means this number.
std::string json_of(double number) {
  if (!std::isfinite(number)) return "null";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

std::string json_of(const std::string &text) {
  std::string json = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') (json += '\\') += static_cast<char>(c);
    else if (c >= ' ') json += static_cast<char>(c);
    else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    }
  }
  return json + '"';
}

} // namespace

void Column::add(const std::string &value) {
  if (value.empty()) {
    empty_++;
    return;
  }
  count_++;
  auto number = is_numeric_ ? number_in(value) : std::nullopt;
  is_numeric_ = number.has_value();
  if (is_numeric_) {
    min_ = std::min(min_, *number);
    max_ = std::max(max_, *number);
    mean_ += (*number - mean_) / static_cast<double>(count_);
  }
  if (auto found = values_.find(value); found != values_.end()) found->second++;
  else if (values_.size() < MAX_DISTINCT) values_.emplace(value, 1);
  else has_more_ = true;
}

std::string Column::json() const {
  std::string json = "{\"name\":" + json_of(name_) + ",\"count\":" + std::to_string(count_) +
                     ",\"empty\":" + std::to_string(empty_);
  if (is_numeric_ && count_ > 0)
    return json + ",\"min\":" + json_of(min_) + ",\"max\":" + json_of(max_) +
           ",\"mean\":" + json_of(mean_) + "}";
  std::vector<std::pair<std::string, size_t>> frequent(values_.begin(), values_.end());
  std::stable_sort(frequent.begin(), frequent.end(), [](auto &a, auto &b) { return a.second > b.second; });
  json += ",\"distinct\":" + std::to_string(values_.size()) + (has_more_ ? ",\"hasMore\":true" : "");
  json += ",\"frequent\":[";
  for (size_t index = 0; index < std::min(NAMED, frequent.size()); index++)
    json += (index > 0 ? "," : "") + json_of(frequent[index].first);
  return json + "]}";
}
