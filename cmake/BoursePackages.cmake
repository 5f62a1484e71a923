# Debian packages by CPack, one a component; `ops/package` makes them.

set(BOURSE_DEBIAN "")
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release BOURSE_DEBIAN REGEX "^VERSION_ID=")
endif()
string(REGEX REPLACE "[^0-9.]" "" BOURSE_DEBIAN "${BOURSE_DEBIAN}")
set(BOURSE_MAINTAINER "Bourse maintainers <maintainers@bourse.invalid>" CACHE STRING "Who stands in the packages: Name <address>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bourse)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${BOURSE_MAINTAINER}")
# Each package has a summary of its own; one for all would stand before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL cli agent service)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)

# The release of Debian is part of the version: the packages of Debian 13 replace those of 12 when a machine is upgraded.
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb${BOURSE_DEBIAN}")
set(CPACK_DEBIAN_PACKAGE_SOURCE bourse)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# bourse_package(COMPONENT NAME SECTION SUMMARY DESCRIPTION). Maintainer scripts and the list of settings files are in
# ops/packaging/debian/NAME.
function(bourse_package component name section summary description)
  string(TOUPPER ${component} key)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${description}" PARENT_SCOPE)
  file(GLOB control CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/ops/packaging/debian/${name}/*")
  set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_EXTRA "${control}" PARENT_SCOPE)
  # The package's own history: that it was made of these sources.
  file(WRITE "${CMAKE_BINARY_DIR}/packaging/changelog.Debian"
    "bourse (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * Made of the project's own sources; changelog.gz says what is new.\n\n"
    " -- ${BOURSE_MAINTAINER}  ${BOURSE_RELEASE_DATE}\n")
  bourse_install_text(${component} "${BOURSE_DOC}/${name}/changelog.Debian.gz" "${CMAKE_BINARY_DIR}/packaging/changelog.Debian")
endfunction()

execute_process(COMMAND git -C "${CMAKE_SOURCE_DIR}" log -1 --format=%cd --date=rfc2822
  OUTPUT_VARIABLE BOURSE_RELEASE_DATE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT BOURSE_RELEASE_DATE)
  string(TIMESTAMP BOURSE_RELEASE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()

bourse_package(cli bourse net "lend and borrow computers at a Bourse market: command line"
"Bourse is a marketplace for volunteered computing over XMPP. People and
organisations lend idle machines; whoever needs resources asks for them, and a
grant says who may use what, and until when.
.
This package has the client: it publishes offers and requests, shows grants and
who was there, and verifies the market's audit log.")
set(CPACK_DEBIAN_CLI_PACKAGE_DEPENDS "tzdata")
set(CPACK_DEBIAN_CLI_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "librsvg2-bin")

bourse_package(agent bourse-agent net "lend this computer at a Bourse market: agent"
"Bourse is a marketplace for volunteered computing over XMPP. People and
organisations lend idle machines; whoever needs resources asks for them, and a
grant says who may use what, and until when.
.
This package has the agent: it offers this machine, verifies the grants of it,
and runs your programs when a grant begins and ends. It does nothing before
/etc/bourse/agent.toml names an account and a market.")
set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "tzdata, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS "ca-certificates")

bourse_package(service boursed net "market for volunteered computing behind an XMPP server"
"Bourse is a marketplace for volunteered computing over XMPP. People and
organisations lend idle machines; whoever needs resources asks for them, and a
grant says who may use what, and until when.
.
This package has the market: a component for Prosody or ejabberd that pairs
requests with offers, keeps everything in PostgreSQL, and signs an audit log.
It is not started before an administrator has configured it.")
set(CPACK_DEBIAN_SERVICE_PACKAGE_DEPENDS "tzdata, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_SERVICE_PACKAGE_RECOMMENDS "postgresql, postgresql-contrib, prosody | ejabberd, bourse")

include(CPack)
