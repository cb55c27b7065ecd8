#include "emulator/templates/document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "emulator/templates/diagnostics.h"

namespace lambdarium::templates {
namespace {

Position position(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// "!GetAtt" is "Fn::GetAtt", "!Ref" and "!Condition" are themselves. Empty for YAML's own tags.
std::string function_of(const std::string& tag) {
  if (tag.size() < 2 || tag[0] != '!') return {};
  const std::string name = tag.substr(1);
  return name == "Ref" || name == "Condition" ? name : "Fn::" + name;
}

// A node that is being built, and what it weighs.
struct Building {
  std::shared_ptr<Node> node;
  std::string function;  // of the tag
  YAML::anchor_t anchor = 0;
  std::size_t weight = 1;
  std::size_t depth = 1;
  bool have_key = false;
  Field pending;  // its key, until the value is there
  std::vector<Field> merges;
};

struct Finished {
  NodePtr node;
  std::size_t weight = 1;
  std::size_t depth = 1;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  NodePtr root() const { return root_.node; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish({make_special(Node::Kind::kNull, position(mark))}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) {
      if (!given_up_) diagnostics_.error(position(mark), "an alias refers to what it is part of");
      finish({make_special(Node::Kind::kInvalid, position(mark))}, 0);
      return;
    }
    finish(target->second, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kScalar;
    node->where = position(mark);
    node->text = value;
    const std::string function = function_of(tag);
    node->plain = tag == "?" || (!function.empty());
    // A text without quotes that YAML reads as nothing; yaml-cpp does so itself for those without a
    // tag.
    Finished done{std::move(node), 1 + value.size() / 64, 1};
    finish(wrap(std::move(done), function, position(mark)), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(Node::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override {
    Building& building = open_.back();
    if (!given_up_) expand_merges(building);
    end();
  }

 private:
  static Finished wrap(Finished inner, const std::string& function, Position where) {
    if (function.empty()) return inner;
    auto call = std::make_shared<Node>();
    call->kind = Node::Kind::kMap;
    call->where = where;
    call->fields.push_back({function, where, std::move(inner.node)});
    return {std::move(call), inner.weight + 1, inner.depth + 1};
  }

  void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    Building building;
    building.node = std::make_shared<Node>();
    building.node->kind = kind;
    building.node->where = position(mark);
    building.function = function_of(tag);
    building.anchor = anchor;
    open_.push_back(std::move(building));
  }

  void end() {
    Building building = std::move(open_.back());
    open_.pop_back();
    const Position where = building.node->where;
    Finished done{std::move(building.node), building.weight, building.depth};
    finish(wrap(std::move(done), building.function, where), building.anchor);
  }

  // Puts a complete node where it belongs.
  void finish(Finished done, YAML::anchor_t anchor) {
    const std::size_t weight = done.weight + (open_.empty() ? 0 : open_.back().weight);
    if (!given_up_ && (done.depth > kDepthMax || weight > kWeightMax)) {
      given_up_ = true;
      diagnostics_.error(done.node->where,
                         done.depth > kDepthMax
                             ? fmt::format("nested more than {} levels deep", kDepthMax)
                             : std::string{"too large once its aliases are expanded"});
    }
    // Nothing is added any more, so the tree stays as small as it is now.
    if (given_up_) return;
    if (anchor != 0) anchors_[anchor] = done;
    if (open_.empty()) {
      root_ = std::move(done);
      return;
    }
    Building& parent = open_.back();
    parent.weight += done.weight;
    parent.depth = std::max(parent.depth, done.depth + 1);
    if (parent.node->is_list()) {
      parent.node->items.push_back(std::move(done.node));
    } else if (!parent.have_key) {
      add_key(parent, *done.node);
    } else {
      parent.have_key = false;
      parent.pending.value = std::move(done.node);
      add_field(parent, std::move(parent.pending));
      parent.pending = {};
    }
  }

  void add_key(Building& parent, const Node& key) {
    parent.have_key = true;
    parent.pending.where = key.where;
    if (key.is_scalar()) {
      parent.pending.key = key.text;
      if (key.text == "<<" && key.plain) merge_keys_ = true;
    } else {
      diagnostics_.error(key.where, fmt::format("a key must be a text, not {}", kind_name(key)));
      parent.pending.key = fmt::format("\x01{}:{}", key.where.line, key.where.column);
    }
  }

  void add_field(Building& parent, Field field) {
    if (field.key == "<<" && merge_keys_) {
      parent.merges.push_back(std::move(field));
      return;
    }
    const auto [seen, fresh] = keys_of_[parent.node.get()].try_emplace(field.key, field.where.line);
    if (!fresh) {
      diagnostics_.error(
          field.where, fmt::format("the key '{}' is here twice; the first is on line {}", field.key,
                                   seen->second));
      return;
    }
    parent.node->fields.push_back(std::move(field));
  }

  // YAML's merge key, which yaml-cpp leaves to its user: what the map itself says goes first.
  void expand_merges(Building& building) {
    Node& node = *building.node;
    auto& keys = keys_of_[&node];
    for (const Field& merge : building.merges) {
      std::vector<NodePtr> sources{merge.value};
      if (merge.value->is_list()) sources = merge.value->items;
      for (const NodePtr& source : sources) {
        if (!source->is_map()) {
          diagnostics_.error(merge.where,
                             fmt::format("'<<' merges maps, not {}", kind_name(*source)));
          continue;
        }
        for (const Field& field : source->fields) {
          if (keys.try_emplace(field.key, field.where.line).second) node.fields.push_back(field);
        }
      }
    }
    keys_of_.erase(&node);
  }

  Diagnostics& diagnostics_;
  std::vector<Building> open_;
  std::unordered_map<YAML::anchor_t, Finished> anchors_;
  std::unordered_map<const Node*, std::map<std::string, int>>
      keys_of_;  // of the maps that are open
  Finished root_;
  bool merge_keys_ = false;
  bool given_up_ = false;
};

// yaml-cpp takes some control characters for the end of the text.
bool check_characters(std::string_view text, Diagnostics& diagnostics) {
  Position where{1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      ++where.line;
      where.column = 1;
      continue;
    }
    if ((byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f) {
      diagnostics.error(where, fmt::format("the control character 0x{:02x} is not allowed", byte));
      return false;
    }
    ++where.column;
  }
  return true;
}

// JSON writes characters beyond 16 bits as two escapes, which YAML does not know: one escape of
// eight digits instead.
std::string join_surrogates(std::string_view text) {
  const auto unit = [text](std::size_t at) -> unsigned {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
    unsigned value = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
      const char c = text[i];
      const bool digit = c >= '0' && c <= '9';
      const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!digit && !letter) return 0;
      value = value * 16 + static_cast<unsigned>(digit ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const unsigned high = unit(i);
    const unsigned low = high >= 0xd800 && high < 0xdc00 ? unit(i + 6) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      out += fmt::format("\\U{:08x}", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
      i += 12;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i, 2);
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

const Field* Node::find(std::string_view key) const {
  for (const Field& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

NodePtr make_scalar(std::string text, Position where) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::kScalar;
  node->where = where;
  node->text = std::move(text);
  return node;
}

NodePtr make_special(Node::Kind kind, Position where) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->where = where;
  return node;
}

NodePtr make_list(std::vector<NodePtr> items, Position where) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::kList;
  node->where = where;
  node->items = std::move(items);
  return node;
}

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kScalar:
      return "a text";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    default:
      return "nothing";
  }
}

NodePtr parse_document(std::string_view text, Diagnostics& diagnostics) {
  if (!check_characters(text, diagnostics)) return nullptr;
  std::istringstream in{looks_like_json(text) ? join_surrogates(text) : std::string{text}};
  TreeBuilder builder{diagnostics};
  try {
    YAML::Parser parser{in};
    if (!parser.HandleNextDocument(builder) || builder.root() == nullptr) {
      if (diagnostics.ok()) diagnostics.error({1, 1}, "the file is empty");
      return nullptr;
    }
    const NodePtr root = builder.root();
    TreeBuilder rest{diagnostics};
    if (parser.HandleNextDocument(rest) && rest.root() != nullptr) {
      diagnostics.error(rest.root()->where,
                        "a second document starts here; a template is one document");
    }
    return root;
  } catch (const YAML::Exception& problem) {
    diagnostics.error(position(problem.mark), fmt::format("not valid YAML: {}", problem.msg));
    return nullptr;
  }
}

}  // namespace lambdarium::templates
