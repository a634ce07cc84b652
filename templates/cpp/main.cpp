// A table (CSV, its first line the names) on stdin, statistics of each column as JSON on stdout. What it cannot use ends with exit
// code 1 and a line on stderr that says why: C++ exceptions are not to be had.

#include "column.h"
#include "csv.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void refuse(const std::string &reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(1);
}

std::string read_input() {
  std::string input;
  static char chunk[64 * 1024];
  while (size_t length = std::fread(chunk, 1, sizeof chunk, stdin)) input.append(chunk, length);
  return input;
}

/// Whether a text is UTF-8 (RFC 3629), as JSON has to be.
bool is_utf8(std::string_view text) {
  for (size_t index = 0; index < text.size();) {
    auto byte = [&](size_t offset) {
      return static_cast<unsigned char>(index + offset < text.size() ? text[index + offset] : 0);
    };
    unsigned char first = byte(0), second = byte(1);
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0) return false;
    for (size_t offset = 1; offset < length; offset++)
      if ((byte(offset) & 0xc0) != 0x80) return false;
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return false;
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return false;
    index += length;
  }
  return true;
}

} // namespace

int main() {
  std::string input = read_input();
  if (!is_utf8(input)) refuse("this is no text in UTF-8");
  std::string_view text = input;
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3); // A byte order mark, as spreadsheets write it.

  CsvReader reader(text);
  std::vector<std::string> fields;
  std::vector<Column> columns;
  if (reader.next(fields))
    for (const std::string &name : fields) columns.emplace_back(name);
  size_t rows = 0;
  for (; reader.next(fields); rows++) {
    if (fields.size() != columns.size())
      refuse("line " + std::to_string(reader.line()) + ": the number of fields is " +
             std::to_string(fields.size()) + ", and that of columns " + std::to_string(columns.size()));
    for (size_t index = 0; index < fields.size(); index++) columns[index].add(fields[index]);
  }
  if (!reader.error().empty()) refuse(reader.error());
  if (columns.empty()) refuse("there is no line with the columns' names");

  std::string json = "{\"rows\":" + std::to_string(rows) + ",\"columns\":[";
  for (size_t index = 0; index < columns.size(); index++) json += (index > 0 ? "," : "") + columns[index].json();
  json += "]}\n";
  return std::fwrite(json.data(), 1, json.size(), stdout) == json.size() && std::fflush(stdout) == 0 ? 0 : 2;
}
