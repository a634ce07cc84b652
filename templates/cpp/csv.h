#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Reads records of fields that are separated by commas (RFC 4180); lines may end with LF alone, too.
class CsvReader {
public:
  /// A record of more fields is refused: each takes memory.
  static constexpr size_t MAX_FIELDS = 1000;

  explicit CsvReader(std::string_view text) : text_(text) {}

  /// Reads the next record. False at the end, and where there is something wrong.
  bool next(std::vector<std::string> &fields);

  /// What is wrong; empty if nothing is.
  const std::string &error() const { return error_; }

  /// The line that the last record began in, from 1.
  size_t line() const { return line_; }

private:
  bool quoted(std::string &field);
  bool plain(std::string &field);
  bool fail(const char *reason);
  bool at(char wanted) const { return position_ < text_.size() && text_[position_] == wanted; }

  std::string_view text_;
  std::string error_;
  size_t position_ = 0, line_ = 0, lines_ = 1;
};
