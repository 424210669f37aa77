// The tags of one direction of an XML stream, however its bytes are cut.

#ifndef TAPLINE_SENSORD_ANALYZERS_XML_TAGS_H_
#define TAPLINE_SENSORD_ANALYZERS_XML_TAGS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// Thread safety: single-threaded.
class XmlTags {
 public:
  // Of a longer tag only this much is kept.
  static constexpr size_t kMaxTag = 2048;

  // True when the character ends a tag; tag() is then what stands between "<"
  // and ">".
  bool Take(char c);
  // Valid until the next Take.
  absl::string_view tag() const { return tag_; }
  size_t MemoryBytes() const { return tag_.capacity(); }

 private:
  bool inside_ = false;
  // The quote that an attribute's value is in; 0 for none.
  char quote_ = 0;
  std::string tag_;
};

// "stream:stream" of "stream:stream to='a'"; with the slash of an end tag.
absl::string_view TagName(absl::string_view tag);

// The value of an attribute, as it stands; empty without.
absl::string_view TagAttribute(absl::string_view tag, absl::string_view name);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_XML_TAGS_H_
