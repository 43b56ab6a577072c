export { SettingsLayout } from './SettingsLayout';
export { ProfilePage } from './ProfilePage';
export { SecurityPage } from './SecurityPage';
export { DataPage } from './DataPage';
export { KeysPage } from './KeysPage';
export { ModelsPage } from './ModelsPage';
export { TokensPage } from './TokensPage';
