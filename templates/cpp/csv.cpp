#include "csv.h"

bool CsvReader::next(std::vector<std::string> &fields) {
  fields.clear();
  if (position_ == text_.size() || !error_.empty()) return false;
  line_ = lines_;
  while (true) {
    if (fields.size() == MAX_FIELDS) return fail("there are too many fields");
    std::string &field = fields.emplace_back();
    if (!(at('"') ? quoted(field) : plain(field))) return false;
    if (at(',')) {
      position_++;
      continue;
    }
    if (at('\r')) position_++;
    if (at('\n')) position_++;
    else if (position_ < text_.size())
      return fail("something stands behind a closing quote, or a carriage return in a line");
    lines_++;
    return true;
  }
}

/// A field in quotes, in which two quotes mean one.
bool CsvReader::quoted(std::string &field) {
  for (position_++; position_ < text_.size(); position_++) {
    if (at('"')) {
      position_++;
      if (!at('"')) return true;
    }
    if (at('\n')) lines_++;
    field += text_[position_];
  }
  return fail("a quote is never closed");
}

bool CsvReader::plain(std::string &field) {
  size_t end = text_.find_first_of(",\r\n\"", position_);
  if (end == std::string_view::npos) end = text_.size();
  field = text_.substr(position_, end - position_);
  position_ = end;
  return at('"') ? fail("a quote stands in a field that does not begin with one") : true;
}

bool CsvReader::fail(const char *reason) {
  error_ = "line " + std::to_string(line_) + ": " + reason;
  return false;
}
