#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <string>

/// What the values of one column are, seen one after the other.
class Column {
public:
  explicit Column(std::string name) : name_(std::move(name)) {}

  void add(const std::string &value);

  /// As JSON: of numbers their range and mean, of anything else how many values there are, and the most frequent.
  std::string json() const;

private:
  std::string name_;
  size_t count_ = 0, empty_ = 0;
  bool is_numeric_ = true, has_more_ = false;
  double min_ = INFINITY, max_ = -INFINITY, mean_ = 0;
  std::map<std::string, size_t> values_;
};
