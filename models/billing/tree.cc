#include "models/billing/tree.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lambdarium::billing {
namespace {

constexpr std::size_t kBytesMax = std::size_t{64} << 20;
constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kShownMax = 60;

// Receives the parser's events; the SAX interface is the one that hands out a number's own text.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::string_view document) : document_(document) {}

  bool null() override { return put({}); }
  bool boolean(bool value) override {
    Tree tree;
    tree.kind = Tree::Kind::kBool;
    tree.flag = value;
    return put(std::move(tree));
  }
  bool number_integer(number_integer_t value) override { return put_number(fmt::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return put_number(fmt::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override { return put_number(text); }
  bool string(string_t& value) override {
    Tree tree;
    tree.kind = Tree::Kind::kString;
    tree.text = std::move(value);
    return put(std::move(tree));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Tree::Kind::kObject); }
  bool start_array(std::size_t) override { return open(Tree::Kind::kList); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    error_ = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: what": the place is given
    // separately.
    if (const std::size_t colon = error_.find(": "); colon != std::string::npos) {
      error_.erase(0, colon + 2);
    }
    const std::string_view before = document_.substr(0, std::min(position, document_.size()));
    line_ = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    return false;
  }

  Tree take() { return std::move(root_); }
  const std::string& error() const { return error_; }
  int line() const { return line_; }

 private:
  bool put_number(std::string text) {
    Tree tree;
    tree.kind = Tree::Kind::kNumber;
    tree.text = std::move(text);
    return put(std::move(tree));
  }
  bool put(Tree tree) {
    if (open_.empty()) {
      root_ = std::move(tree);
    } else if (open_.back().kind == Tree::Kind::kList) {
      open_.back().items.push_back(std::move(tree));
    } else {
      open_.back().members.emplace_back(keys_.back(), std::move(tree));
    }
    return true;
  }
  bool open(Tree::Kind kind) {
    if (open_.size() >= kDepthMax) {
      error_ = fmt::format("nested deeper than {} levels", kDepthMax);
      return false;
    }
    open_.emplace_back();
    open_.back().kind = kind;
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Tree done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  std::string_view document_;
  Tree root_;
  std::vector<Tree> open_;
  std::vector<std::string> keys_;
  std::string error_;
  int line_ = 0;
};

std::string json_string(std::string_view text) {
  return nlohmann::json(std::string{text})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const Tree* Tree::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return value.kind == Kind::kNull ? nullptr : &value;
  }
  return nullptr;
}

std::string Tree::shown() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return flag ? "true" : "false";
    case Kind::kNumber:
      return text.substr(0, kShownMax);
    case Kind::kString:
      return json_string(text.substr(0, kShownMax));
    case Kind::kList:
      return fmt::format("a list of {}", items.size());
    case Kind::kObject:
      return "an object";
  }
  return {};
}

Result<Tree> parse_tree(std::string_view json, std::string_view name) {
  const SourceMark file{std::string{name}, 0, 0};
  if (json.size() > kBytesMax) {
    return invalid_input(fmt::format("{} bytes are too many; at most {}", json.size(), kBytesMax),
                         file);
  }
  Builder builder{json};
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &builder)) {
    return invalid_input(fmt::format("not JSON: {}", builder.error()),
                         {std::string{name}, builder.line(), 0});
  }
  return builder.take();
}

}  // namespace lambdarium::billing
